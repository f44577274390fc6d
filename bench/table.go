package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/bench/profile"
	"github.com/hawser-ingress/hawser/bench/report"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// bench is one run over the table.
type bench struct {
	places
	sizes
	wanted wanted
	place  *stand.Place
	report report.Report
}

// table is the command without a name.
func table(args []string) error {
	var b bench
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	b.register(f)
	quick := f.Bool("quick", false, "small numbers, to see that everything runs")
	only := f.String("only", "", "rows to measure, separated by commas; empty: all")
	names := f.String("profile", "hawser-kube,hawser-folder", "profiles of the controllers to measure")
	json := f.String("json", "", "file for all figures")
	write := f.Bool("write", false, "write the table into README.md and docs/performance.md, and the plot beside it")
	_ = f.Parse(args) // it exits by itself
	b.sizes = fullSizes()
	if *quick {
		b.sizes = quickSizes()
	}
	if *write && (*quick || *only != "") {
		return errors.New("-write is for the whole table")
	}
	b.report.Rows = rows(b.sizes)
	var err error
	if b.wanted, err = parseWanted(*only, b.report.Rows); err != nil {
		return err
	}
	failed := b.run(strings.Split(*names, ","))
	fmt.Print("\n", b.report.Markdown())
	if *json != "" {
		failed = errors.Join(failed, writeJSON(&b.report, *json))
	}
	if failed != nil {
		return failed
	}
	if *write {
		if err := writeDocuments(&b.report); err != nil {
			return err
		}
	}
	if missed := b.report.Failed(); len(missed) > 0 {
		fmt.Println("Targets missed:", strings.Join(missed, ", "))
	}
	return nil
}

func (b *bench) run(names []string) error {
	cleanup, err := b.prepare()
	defer cleanup()
	if err != nil {
		return err
	}
	begin := time.Now()
	b.report.Machine, b.report.Kernel, b.report.Date = machineName(), kernel(), begin.UTC().Format(time.DateOnly)
	b.report.HAProxy, b.report.Version = haproxyVersion(b.HAProxy), hawserVersion(b.Hawser)
	if b.place, err = stand.Open(b.Options); err != nil {
		return err
	}
	defer b.place.Close()
	var failed error
	for n, name := range names {
		p, err := profile.Read(b.profile(name))
		if err != nil {
			return err
		}
		if err := b.measure(p, n == len(names)-1); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	b.report.Took = time.Since(begin).Round(time.Second).String()
	say("took %s", b.report.Took)
	return failed
}

// say tells how far it is; the table comes at the end.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

func writeJSON(r *report.Report, path string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(r.JSON(out), out.Close())
}

// writeDocuments puts the table where it is quoted. The working directory is the top of the tree.
func writeDocuments(r *report.Report) error {
	text := r.Markdown()
	page := filepath.Join("docs", "performance.md")
	return errors.Join(
		report.QuoteFile("README.md", "bench", text), report.QuoteFile(page, "bench", text),
		os.WriteFile(filepath.Join("docs", "performance-growth.svg"), []byte(report.Plot(r.Growth)), 0o644),
	)
}
