package main

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/bench/report"
)

// sizes are the numbers of Ingresses, and how often a change is measured.
type sizes struct {
	tiny, small, middle, large int
	changes                    int
	burst                      int
	rounds, requests           int
}

func fullSizes() sizes {
	return sizes{tiny: 100, small: 1000, middle: 5000, large: 10_000, changes: 50, burst: 100, rounds: 12, requests: 16_000}
}

// quickSizes show that everything runs; their figures say little.
func quickSizes() sizes {
	return sizes{tiny: 20, small: 100, middle: 200, large: 300, changes: 5, burst: 10, rounds: 3, requests: 2000}
}

// IDs of the rows.
const (
	startSmall     = "start-1000"
	startMiddle    = "start-5000"
	startCPU       = "start-cpu"
	memory         = "memory"
	dataPlane      = "data-plane"
	newIngress     = "new-ingress"
	newService     = "new-service"
	deleted        = "deleted"
	endpoints      = "endpoints"
	endpointsLarge = "endpoints-10000"
	burst          = "burst"
	costSmall      = "cost-1000"
	costLarge      = "cost-10000"
	costLog        = "cost-log"
	change         = "change-10000"
	growth         = "growth" // no row: the points of the plot
)

// rows are the table. The targets of docs/performance.md are these.
func rows(s sizes) []report.Row {
	limits := func(pairs ...any) []report.Limit {
		var out []report.Limit
		for n := 0; n < len(pairs); n += 2 {
			out = append(out, report.Limit{Value: pairs[n].(string), Most: pairs[n+1].(float64)})
		}
		return out
	}
	count := func(n int) string {
		if n < 1000 {
			return fmt.Sprint(n)
		}
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return []report.Row{
		{ID: startSmall, What: "start until every host answers on TLS, " + count(s.small) + " Ingresses", Target: "<= 1 s", Limits: limits("seconds", 1.)},
		{ID: startMiddle, What: "… " + count(s.middle), Target: "<= 3 s", Limits: limits("seconds", 3.)},
		{ID: startCPU, What: "controller CPU until then, " + count(s.middle), Target: "<= 2 s", Limits: limits("seconds", 2.)},
		{ID: memory, What: "controller memory at " + count(s.middle), Target: "<= 150 MiB", Limits: limits("MiB", 150.)},
		{ID: dataPlane, What: "data plane memory at " + count(s.middle) + ", idle", Target: "<= 350 MiB", Limits: limits("MiB", 350.)},
		{ID: newIngress, What: "new Ingress on an existing Service, live", Target: "<= 50 ms median, no reload", Limits: limits("median", 50., "reloads", 0.)},
		{ID: newService, What: "new Service + Ingress, live", Target: "<= 100 ms median, no reload", Limits: limits("median", 100., "reloads", 0.)},
		{ID: deleted, What: "the same deleted, until 404"},
		{ID: endpoints, What: "all endpoints of a Service replaced, live", Target: "<= 20 ms median, p99 <= 100 ms, no reload",
			Limits: limits("median", 20., "p99", 100., "reloads", 0., "bad", 0.)},
		{ID: endpointsLarge, What: "… with " + count(s.large) + " Ingresses"},
		{ID: burst, What: fmt.Sprintf("%d new Ingresses with Services at 10/s, under load", s.burst), Target: "0 reloads, no failed request, no closed keep-alive connection",
			Limits: limits("reloads", 0., "bad", 0., "closed", 0.)},
		{ID: costSmall, What: "data plane CPU per request ÷ hand-written haproxy.cfg with one host, first / last of " + count(s.small) + " hosts", Target: "<= 1.25",
			Limits: limits("first", 1.25, "last", 1.25)},
		{ID: costLarge, What: "… of " + count(s.large) + " hosts", Target: "<= 1.25", Limits: limits("first", 1.25, "last", 1.25)},
		{ID: costLog, What: "… of " + count(s.small) + " hosts, both with an access log"},
		{ID: change, What: count(s.large) + " Ingresses: change of one endpoint, controller CPU", Target: "<= 30 ms", Limits: limits("milliseconds", 30.)},
	}
}

// wanted are the rows to measure; none is all.
type wanted map[string]bool

func parseWanted(only string, rows []report.Row) (wanted, error) {
	if only == "" {
		return nil, nil
	}
	known := map[string]bool{growth: true}
	var names []string
	for _, r := range rows {
		known[r.ID] = true
		names = append(names, r.ID)
	}
	w := wanted{}
	for id := range strings.SplitSeq(only, ",") {
		if !known[id] {
			return nil, fmt.Errorf("-only %s: the rows are %s, %s", id, strings.Join(names, ", "), growth)
		}
		w[id] = true
	}
	return w, nil
}

func (w wanted) any(ids ...string) bool {
	if w == nil {
		return true
	}
	for _, id := range ids {
		if w[id] {
			return true
		}
	}
	return false
}
