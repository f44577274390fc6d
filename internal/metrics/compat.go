package metrics

import (
	"context"
	"io"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hawser-ingress/hawser/internal/control"
)

// compat has figures under the names and labels of ingress-nginx, for dashboards and autoscalers that know these. They
// come from the access log of HAProxy, one line for each request of every worker, old ones included. What HAProxy can't
// tell is left out: docs/metrics.md lists it.
type compat struct {
	haproxy         HAProxy
	noHost, classes bool

	requests                            *prometheus.CounterVec
	duration, response, header, connect *prometheus.HistogramVec
	requestSize, responseSize           *prometheus.HistogramVec
	sent                                *prometheus.HistogramVec

	successful, stamp prometheus.Gauge
	success, errors   prometheus.Counter
	expiry            *prometheus.GaugeVec
	connections       prometheus.Collector
}

func newCompat(o Options) *compat {
	controller := prometheus.Labels{"controller_class": o.Class, "controller_namespace": o.PodNS, "controller_pod": o.Pod}
	name := func(n string) string { return "nginx_ingress_controller_" + n }
	labels := []string{"host", "ingress", "namespace", "service", "method", "status", "path", "canary"}
	if o.NoHost {
		labels = labels[1:]
	}
	histogram := func(n, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name(n), Help: help, Buckets: buckets, ConstLabels: controller}, labels)
	}
	gauge := func(n, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name(n), Help: help, ConstLabels: controller})
	}
	counter := func(n, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name(n), Help: help, ConstLabels: controller})
	}
	sizes := prometheus.LinearBuckets(10, 10, 10)
	return &compat{
		haproxy: o.HAProxy, noHost: o.NoHost, classes: o.Classes,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: name("requests"), Help: "Requests.", ConstLabels: controller,
		}, labels),
		duration:     histogram("request_duration_seconds", "Time from the first byte of a request to the last of its answer.", prometheus.DefBuckets),
		response:     histogram("response_duration_seconds", "Time from the connection to a server to the last byte of its answer.", prometheus.DefBuckets),
		header:       histogram("header_duration_seconds", "Time until the header of a server's answer.", prometheus.DefBuckets),
		connect:      histogram("connect_duration_seconds", "Time to connect to a server.", prometheus.DefBuckets),
		requestSize:  histogram("request_size", "Bytes of a request.", sizes),
		responseSize: histogram("response_size", "Bytes of an answer.", sizes),
		sent:         histogram("bytes_sent", "Bytes sent to a client.", prometheus.ExponentialBuckets(10, 10, 7)),
		successful:   gauge("config_last_reload_successful", "Whether the last configuration went live."),
		stamp:        gauge("config_last_reload_successful_timestamp_seconds", "When a configuration went live last."),
		success:      counter("success", "Configurations that went live by a reload."),
		errors:       counter("errors", "Configurations that did not go live."),
		expiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: name("ssl_expire_time_seconds"), Help: "When the certificate of a host ends, in seconds since 1970.",
			ConstLabels: prometheus.Labels{"class": o.Class},
		}, []string{"host", "namespace", "secret_name"}),
		connections: &processes{haproxy: o.HAProxy,
			now:      prometheus.NewDesc(name("nginx_process_connections"), "Connections of clients now.", []string{"state"}, controller),
			all:      prometheus.NewDesc(name("nginx_process_connections_total"), "Connections of clients so far, of the worker that runs.", []string{"state"}, controller),
			requests: prometheus.NewDesc(name("nginx_process_requests_total"), "Requests so far, of the worker that runs.", nil, controller),
		},
	}
}

func (c *compat) all() []prometheus.Collector {
	return []prometheus.Collector{
		c.requests, c.duration, c.response, c.header, c.connect, c.requestSize, c.responseSize, c.sent,
		c.successful, c.stamp, c.success, c.errors, c.expiry, c.connections,
	}
}

func (c *compat) observe(s control.Step) {
	switch {
	case s.Err != nil:
		c.errors.Inc()
		c.successful.Set(0)
	case s.Reload:
		c.success.Inc()
		c.successful.Set(1)
		c.stamp.SetToCurrentTime()
	}
}

func (c *compat) setExpiry(certificates []certificate) {
	c.expiry.Reset()
	for _, cert := range certificates {
		c.expiry.WithLabelValues(cert.host, cert.namespace, cert.secret).Set(float64(cert.notAfter.Unix()))
	}
}

// processes are the connections as nginx counts them.
type processes struct {
	haproxy            HAProxy
	now, all, requests *prometheus.Desc
}

// Describe lists nothing: the figures depend on what runs.
func (p *processes) Describe(chan<- *prometheus.Desc) {}

func (p *processes) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client, err := p.haproxy.Runtime()
	if err != nil {
		return
	}
	info, err := client.Info(ctx)
	if err != nil {
		return
	}
	send := func(d *prometheus.Desc, kind prometheus.ValueType, field string, labels ...string) {
		if v, ok := info.Number(field); ok {
			out <- prometheus.MustNewConstMetric(d, kind, v, labels...)
		}
	}
	send(p.now, prometheus.GaugeValue, "CurrConns", "active")
	send(p.all, prometheus.CounterValue, "CumConns", "accepted")
	send(p.all, prometheus.CounterValue, "CumConns", "handled")
	send(p.requests, prometheus.CounterValue, "CumReq")
}

// Log returns a writer for HAProxy's access log that counts each line and passes the part for people on. It is w
// itself unless ingress-nginx's figures are asked for.
func (m *Metrics) Log(w io.Writer) io.Writer {
	if m.compat == nil {
		return w
	}
	return &counter{w, m}
}

// observeRequest counts one request; a time of -1 was not reached.
func (c *compat) observeRequest(r request) {
	status := strconv.Itoa(r.status)
	if c.classes {
		status = status[:1] + "xx"
	}
	labels := []string{r.host, r.ingress, r.namespace, r.service, r.method, status, "", ""}
	if c.noHost {
		labels = labels[1:]
	}
	c.requests.WithLabelValues(labels...).Inc()
	for _, t := range []struct {
		into *prometheus.HistogramVec
		ms   int
	}{{c.duration, r.total}, {c.response, r.answer}, {c.header, r.header}, {c.connect, r.connect}} {
		if t.ms >= 0 {
			t.into.WithLabelValues(labels...).Observe(float64(t.ms) / 1000)
		}
	}
	c.requestSize.WithLabelValues(labels...).Observe(float64(r.bytesIn))
	c.responseSize.WithLabelValues(labels...).Observe(float64(r.bytesOut))
	c.sent.WithLabelValues(labels...).Observe(float64(r.bytesOut))
}
