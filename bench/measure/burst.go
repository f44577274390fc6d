package measure

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// Bursted is a burst of new sites beside traffic to others.
type Bursted struct {
	Times
	Load load.Counts
}

// Traffic is what runs beside changes: some hundred requests a second, kept and fresh connections, HTTP and TLS.
func Traffic(c *stand.Controller) []load.Client {
	const hosts = 8
	var plain, secure []load.Target
	for k := range hosts {
		n := k * c.Count() / hosts
		plain, secure = append(plain, c.Plain(n)), append(secure, c.Secure(n))
	}
	return []load.Client{
		{Targets: plain, Judge: c.Judge, Every: 5 * time.Millisecond},
		{Targets: secure, Judge: c.Judge, Every: 5 * time.Millisecond},
		{Targets: plain, Judge: c.Judge, Every: 20 * time.Millisecond, Fresh: true},
		{Targets: secure, Judge: c.Judge, Every: 50 * time.Millisecond, Fresh: true},
	}
}

// Burst makes new sites at a rate, from the spare site first on, until each answers.
func Burst(c *stand.Controller, first, count int, every time.Duration) (Bursted, error) {
	var b Bursted
	var err error
	b.Times, err = counting(c, func() (Times, error) {
		traffic := load.Start(context.Background(), Traffic(c)...)
		t, err := burst(c, first, count, every)
		time.Sleep(time.Second)
		b.Load = traffic.Stop()
		return t, err
	})
	return b, err
}

func burst(c *stand.Controller, first, count int, every time.Duration) (Times, error) {
	took, failed := make([]time.Duration, count), make([]error, count)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var wait sync.WaitGroup
	for n := range count {
		<-ticker.C
		begin := time.Now()
		if err := gen.PutSite(c, first+n); err != nil {
			failed[n] = err
			break
		}
		wait.Go(func() {
			for !answers(c, first+n, nil) {
				if time.Since(begin) > liveLimit {
					failed[n] = fmt.Errorf("%s does not answer after %s", gen.Host(first+n), liveLimit)
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			took[n] = time.Since(begin)
		})
	}
	wait.Wait()
	for _, err := range failed {
		if err != nil {
			return Times{}, err
		}
	}
	return Times{All: took}, nil
}
