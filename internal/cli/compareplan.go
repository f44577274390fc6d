package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/accesslog"
	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/compare/probe"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// plan makes the requests, from a log or from the Ingresses.
func (c *compareCommand) plan(s Streams, o compare.Options) (probe.Plan, *compare.Log, error) {
	maxBody, err := parseSize(c.maxBody)
	if err != nil {
		return probe.Plan{}, nil, usageError{"compare", err}
	}
	options := probe.Options{
		HTTP: o.Left.HTTP != "" && o.Right.HTTP != "", HTTPS: o.Left.HTTPS != "" && o.Right.HTTPS != "",
		Given: o.Given != nil, Post: c.unsafe, MaxBody: maxBody, Quick: c.quick, Proxy: c.proxy, Wanted: c.wanted,
	}
	if c.list && !options.HTTP && !options.HTTPS {
		options.HTTP, options.HTTPS = true, true
	}
	if c.log != "" {
		return c.replay(s, options)
	}
	if err := c.resolve(); err != nil {
		return probe.Plan{}, nil, usageError{"compare", err}
	}
	world, err := c.compile(s)
	if err != nil {
		return probe.Plan{}, nil, err
	}
	plan := probe.Generate(world.Model, options)
	plan.LeftOut = append(plan.LeftOut, unread(world.Issues)...)
	return plan, nil, nil
}

// unread says that there are objects from which not every request could be made.
func unread(issues issue.List) []probe.LeftOut {
	out := probe.LeftOut{Reason: "an error in an object may hide requests; hawser render lists the errors"}
	for _, i := range issues {
		if i.Severity == issue.Error {
			if out.Count++; out.Count == 1 {
				out.Example = i.Object.String() + ": " + i.Message
			}
		}
	}
	if out.Count == 0 {
		return nil
	}
	return []probe.LeftOut{out}
}

// samples is how many lines that are no request are shown.
const samples = 3

// replay reads the log. The Ingresses are needed only to tell hosts by the names of upstreams.
func (c *compareCommand) replay(s Streams, o probe.Options) (probe.Plan, *compare.Log, error) {
	format, err := accesslog.ParseFormat(c.logFormat)
	if err != nil {
		return probe.Plan{}, nil, usageError{"compare", fmt.Errorf("--log-format: %w", err)}
	}
	hostOf := func(accesslog.Entry) string { return "" }
	if len(c.manifests) > 0 || c.cluster.chosen() {
		if err := c.resolve(); err != nil {
			return probe.Plan{}, nil, usageError{"compare", err}
		}
		world, err := c.compile(s)
		if err != nil {
			return probe.Plan{}, nil, err
		}
		hostOf = probe.NewNames(world.Model).Host
	}
	in := io.NopCloser(s.In)
	if c.log != "-" {
		if in, err = os.Open(c.log); err != nil {
			return probe.Plan{}, nil, fmt.Errorf("read the log: %w", err)
		}
	}
	defer in.Close()
	replay, log := probe.NewReplay(o, c.unsafe, c.host, c.maxRequests), &compare.Log{Samples: []string{}}
	err = accesslog.Read(in, format, func(_ int, line string, e accesslog.Entry, ok bool) {
		log.Lines++
		if !ok {
			if log.Unread++; len(log.Samples) < samples {
				log.Samples = append(log.Samples, line[:min(len(line), 200)])
			}
			return
		}
		log.Read++
		if e.Host == "" {
			e.Host = hostOf(e)
		}
		replay.Add(e)
	})
	return replay.Plan(), log, err
}

// parseSize reads bytes with a unit as nginx has them: k, m or g.
func parseSize(s string) (int64, error) {
	number, factor := strings.ToLower(s), int64(1)
	for i, unit := range []string{"k", "m", "g"} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, factor = rest, 1<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no size such as 32m", s)
	}
	return n * factor, nil
}
