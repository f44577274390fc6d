package metrics

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// traffic asks HAProxy at each scrape. Its counters begin anew with each worker; here they go on: what a worker had
// counted at the last scrape is kept when the next one starts. What an old worker serves after that is not counted.
type traffic struct {
	haproxy HAProxy
	owner   func(backend string) string

	up, restarts, oldWorkers, connections, total *prometheus.Desc
	filesNeeded, maxConnections                  *prometheus.Desc
	responses, bytesIn, bytesOut, sessions       *prometheus.Desc
	connectErrors, retries, servers              *prometheus.Desc

	mu     sync.Mutex // guards what follows
	worker int
	base   map[string]counted // of workers that are gone
	last   map[string]counted // of the worker that runs
}

// counted are the counters of a backend or frontend.
type counted struct {
	responses                                        [6]int64
	bytesIn, bytesOut, connectErrors, retries, total int64
}

func (c counted) plus(o counted) counted {
	for i := range c.responses {
		c.responses[i] += o.responses[i]
	}
	c.bytesIn, c.bytesOut = c.bytesIn+o.bytesIn, c.bytesOut+o.bytesOut
	c.connectErrors, c.retries, c.total = c.connectErrors+o.connectErrors, c.retries+o.retries, c.total+o.total
	return c
}

func newTraffic(h HAProxy, owner func(string) string) *traffic {
	route := []string{"namespace", "ingress", "service", "service_port"}
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &traffic{
		haproxy: h, owner: owner, base: map[string]counted{}, last: map[string]counted{},
		up:             d("hawser_haproxy_up", "Whether HAProxy runs."),
		restarts:       d("hawser_haproxy_restarts_total", "How often HAProxy died and was started anew."),
		oldWorkers:     d("hawser_haproxy_old_workers", "Workers of earlier configurations that still serve connections."),
		filesNeeded:    d("hawser_haproxy_open_files_needed", "Files that the worker has open at most: two for each connection, sockets, checks, threads."),
		maxConnections: d("hawser_haproxy_connections_limit", "Connections of clients that the worker takes at once; more wait."),
		connections:    d("hawser_haproxy_connections", "Open connections of clients.", "frontend"),
		total:          d("hawser_haproxy_connections_total", "Connections of clients.", "frontend"),
		responses:      d("hawser_responses_total", "Responses by status class.", append(route, "class")...),
		bytesIn:        d("hawser_request_bytes_total", "Bytes of requests.", route...),
		bytesOut:       d("hawser_response_bytes_total", "Bytes of responses.", route...),
		sessions:       d("hawser_requests_in_flight", "Requests that are being served.", route...),
		connectErrors:  d("hawser_connect_errors_total", "Connections to endpoints that failed.", route...),
		retries:        d("hawser_retries_total", "Requests that were sent again.", route...),
		servers:        d("hawser_endpoints", "Endpoints that take requests.", route...),
	}
}

// Describe lists nothing: the figures depend on what runs.
func (t *traffic) Describe(chan<- *prometheus.Desc) {}

const patience = 5 * time.Second

// Collect asks HAProxy. Without an answer only up is told.
func (t *traffic) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	state := t.haproxy.State()
	counter(t.restarts, int64(state.Restarts))
	if n, err := t.haproxy.OldWorkers(ctx); err == nil {
		gauge(t.oldWorkers, float64(n))
	}
	stats, err := t.stats(ctx)
	if err != nil {
		gauge(t.up, 0)
		return
	}
	gauge(t.up, 1)
	if info, err := t.info(ctx); err == nil {
		gauge(t.filesNeeded, float64(info.MaxSock))
		gauge(t.maxConnections, float64(info.MaxConn))
	}
	sums := t.add(state.Worker, stats)
	for _, s := range stats {
		if s.Kind == runtime.FrontendStat && (s.Proxy == "http" || s.Proxy == "https") {
			gauge(t.connections, float64(s.SessionsNow), s.Proxy)
			counter(t.total, sums[s.Proxy].total, s.Proxy)
		}
	}
	for name, n := range t.present(stats) {
		if labels, ok := routeLabels(name); ok {
			gauge(t.sessions, float64(n.sessions), labels...)
			gauge(t.servers, float64(n.servers), labels...)
		}
	}
	for name, c := range sums {
		labels, ok := routeLabels(name)
		if !ok {
			continue
		}
		for class, n := range c.responses {
			if n > 0 {
				counter(t.responses, n, append(labels[:4:4], [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}[class])...)
			}
		}
		counter(t.bytesIn, c.bytesIn, labels...)
		counter(t.bytesOut, c.bytesOut, labels...)
		counter(t.connectErrors, c.connectErrors, labels...)
		counter(t.retries, c.retries, labels...)
	}
}

func (t *traffic) info(ctx context.Context) (runtime.Info, error) {
	client, err := t.haproxy.Runtime()
	if err != nil {
		return runtime.Info{}, err
	}
	return client.Info(ctx)
}

func (t *traffic) stats(ctx context.Context) ([]runtime.Stat, error) {
	client, err := t.haproxy.Runtime()
	if err != nil {
		return nil, err
	}
	return client.Stats(ctx, runtime.FrontendStat|runtime.BackendStat)
}

type present struct{ sessions, servers int64 }

// present sums by owner what is there now: a route that has moved to a spare may have connections in both.
func (t *traffic) present(stats []runtime.Stat) map[string]present {
	out := map[string]present{}
	for _, s := range stats {
		if s.Kind == runtime.BackendStat {
			name := t.owner(s.Proxy)
			out[name] = present{out[name].sessions + int64(s.SessionsNow), out[name].servers + int64(s.ActiveServers)}
		}
	}
	return out
}

// add returns the sums over all workers so far, by owner.
func (t *traffic) add(worker int, stats []runtime.Stat) map[string]counted {
	t.mu.Lock()
	defer t.mu.Unlock()
	if worker != t.worker {
		for name, c := range t.last {
			t.base[name] = t.base[name].plus(c)
		}
		t.worker = worker
	}
	t.last = map[string]counted{}
	for _, s := range stats {
		name := t.owner(s.Proxy)
		t.last[name] = t.last[name].plus(counted{
			responses: s.Responses, bytesIn: s.BytesIn, bytesOut: s.BytesOut,
			connectErrors: s.ConnectErrors, retries: s.Retries, total: s.SessionsTotal,
		})
	}
	sums := map[string]counted{}
	for name, c := range t.last {
		sums[name] = c.plus(t.base[name])
	}
	for name := range t.base { // a route that is gone has no figures any more
		if _, lives := t.last[name]; !lives {
			delete(t.base, name)
		}
	}
	return sums
}

// routeLabels takes the name of a backend apart: namespace, Ingress, service, port, and a number if the Ingress has
// several policies for the port, which is left out of the labels of all but the first.
func routeLabels(backend string) ([]string, bool) {
	parts := strings.Split(backend, ":")
	if len(parts) < 4 {
		return nil, false
	}
	if len(parts) > 4 {
		parts[3] += "#" + parts[4]
	}
	return parts[:4], true
}
