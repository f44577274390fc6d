// Command mutation proves that tests notice when a feature is gone: it builds a Hawser in which features or keys can be
// left out, leaves out one after the other, and runs the tests that look at it. A mutant that passes them has survived.
//
// The program that is shipped has no such switch: the mutant is built from sources that are changed on the way to the
// compiler. Only tests that send requests through a running Hawser count, golden files do not.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"strings"
	"sync"
	"time"
)

func main() {
	keys := flag.Bool("keys", false, "leave out each annotation, not each feature")
	only := flag.String("only", "", "glob: only the features, or annotations, with such a name")
	jobs := flag.Int("jobs", 2, "mutants at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	survived, err := run(ctx, os.Stdout, *keys, *only, *jobs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if survived > 0 {
		os.Exit(1)
	}
}

// result is how it went with a mutant.
type result struct {
	mutant mutant
	by     string // the test that noticed; "" if none did
	said   string // what it said
	took   time.Duration
}

func run(ctx context.Context, out io.Writer, keys bool, only string, jobs int) (survived int, err error) {
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	all, err := chosen(keys, only)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "%d mutants\n", len(all))
	l, err := newLab(ctx, dir)
	if err != nil {
		return 0, err
	}
	for r := range examine(ctx, l, all, jobs) {
		if r.by == "" {
			survived++
			fmt.Fprintf(out, "%-40s SURVIVED %s\n", r.mutant.name, r.said)
			continue
		}
		fmt.Fprintf(out, "%-40s killed by %s (%s)\n    %.200s\n", r.mutant.name, r.by, r.took.Round(time.Second), r.said)
	}
	fmt.Fprintf(out, "%d of %d survived\n", survived, len(all))
	return survived, ctx.Err()
}

// chosen gives the mutants that are asked for.
func chosen(keys bool, only string) ([]mutant, error) {
	all := features()
	if keys {
		all = annotations()
	}
	if only == "" {
		return all, nil
	}
	var out []mutant
	for _, m := range all {
		if ok, err := path.Match(only, m.name); err != nil {
			return nil, fmt.Errorf("-only: %w", err)
		} else if ok {
			out = append(out, m)
		}
	}
	return out, nil
}

// examine runs the tests of the mutants, some at a time, and gives the results in the order in which they come.
func examine(ctx context.Context, l *lab, all []mutant, jobs int) <-chan result {
	queue, out := make(chan mutant, len(all)), make(chan result)
	for _, m := range all {
		queue <- m
	}
	close(queue)
	var group sync.WaitGroup
	for range max(jobs, 1) {
		group.Go(func() {
			for m := range queue {
				out <- l.examine(ctx, m)
			}
		})
	}
	go func() { group.Wait(); close(out) }()
	return out
}

// complaint is the last line of a test's output that says what is wrong: what comes before may be told by the way.
func complaint(text string) string {
	last := text
	for line := range strings.Lines(text) {
		if place, _, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") {
			last = line
		}
	}
	return strings.TrimSpace(last)
}
