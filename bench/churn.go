package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/bench/measure"
	"github.com/hawser-ingress/hawser/bench/profile"
	"github.com/hawser-ingress/hawser/bench/soak"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// churn is the command soak.
func churn(args []string) error {
	var p places
	f := flag.NewFlagSet("soak", flag.ExitOnError)
	p.register(f)
	whole := f.Duration("time", 30*time.Minute, "how long to change things; a day's worth comes in 30m")
	name := f.String("profile", "hawser-kube", "profile of the controller")
	count := f.Int("n", 500, "number of Ingresses that stay")
	_ = f.Parse(args) // it exits by itself
	cleanup, err := p.prepare()
	defer cleanup()
	if err != nil {
		return err
	}
	prof, err := profile.Read(p.profile(*name))
	if err != nil {
		return err
	}
	place, err := stand.Open(p.Options)
	if err != nil {
		return err
	}
	defer place.Close()
	result, err := soakAt(place, prof, *count, *whole)
	for _, line := range result.Lines {
		fmt.Println(line)
	}
	if err != nil {
		return err
	}
	fmt.Printf("changes: %v\n%s, HAProxy %s, %s, %s.\n", result.Changes, machineName(), haproxyVersion(p.HAProxy), *whole,
		time.Now().UTC().Format(time.DateOnly))
	if len(result.Verdicts) > 0 {
		return errors.New("the soak has failed: " + strings.Join(result.Verdicts, "; "))
	}
	fmt.Println("The soak has passed.")
	return nil
}

func soakAt(place *stand.Place, p *profile.Profile, count int, whole time.Duration) (result soak.Result, err error) {
	objects, err := place.World(p.Objects)
	if err != nil {
		return result, err
	}
	if err := objects.Grow(count); err != nil {
		return result, err
	}
	certificates, err := measure.Certificates(count)
	if err != nil {
		return result, err
	}
	c, err := place.Start(p, objects)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if _, err := measure.Start(c, certificates); err != nil {
		return result, err
	}
	if err := measure.Settle(c); err != nil {
		return result, err
	}
	result, err = soak.Run(c, whole, say)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, c.Tail())
	}
	return result, err
}
