// Package metrics has the figures of the controller and of the traffic for Prometheus.
//
// Every figure is measured: the controller's by its loop, the traffic's by HAProxy. The registry is the package's own,
// so nothing that a library registers elsewhere gets in.
package metrics

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// HAProxy is what the traffic figures are asked of.
type HAProxy interface {
	Runtime() (*runtime.Client, error)
	OldWorkers(ctx context.Context) (int, error)
	State() process.State
}

// Metrics collects. Its methods may be called from any goroutine.
type Metrics struct {
	registry *prometheus.Registry

	reloads    *prometheus.CounterVec
	commands   prometheus.Counter
	stages     *prometheus.HistogramVec
	successful prometheus.Gauge
	success    prometheus.Gauge
	issues     *prometheus.GaugeVec
	objects    *prometheus.GaugeVec
	expiry     *prometheus.GaugeVec
	compat     *compat // nil unless asked for
	traffic    *traffic

	refreshing sync.Mutex // one refresh at a time

	mu    sync.Mutex // guards the fields below
	seats map[string]string
	last  control.Step
	stale bool // issues, objects and certificates are not those of last
}

// Options say what is offered besides Hawser's own figures.
type Options struct {
	HAProxy HAProxy
	Version string
	Compat  bool // the figures of ingress-nginx under their names
	Class   string
	NoHost  bool   // the figures of ingress-nginx have no label for the host
	Classes bool   // their status is 2xx in place of 200
	Pod     string // name and namespace of the controller's pod, for labels
	PodNS   string
	Files   uint64 // that HAProxy may have open
}

// New registers everything.
func New(o Options) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hawser_reloads_total", Help: "Configurations that a new HAProxy worker was to read, by what made it necessary.",
		}, []string{"reason", "result"}),
		commands: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hawser_runtime_operations_total", Help: "Commands that changed HAProxy without a reload.",
		}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hawser_stage_duration_seconds", Help: "Time from objects to a configuration (compile), and from there to traffic (apply).",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"stage"}),
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hawser_config_last_reload_successful", Help: "Whether what is served is what the objects say: 0 while the last good configuration stays.",
		}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hawser_config_last_reload_successful_timestamp_seconds", Help: "When a configuration went live last.",
		}),
		issues: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hawser_issues", Help: "Issues by code and by what traffic sees of them.",
		}, []string{"code", "effect"}),
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hawser_objects", Help: "Objects that are read; of the Ingresses those that are served.",
		}, []string{"kind"}),
		expiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hawser_certificate_expiry_timestamp_seconds", Help: "When the certificate that is served for a host ends.",
		}, []string{"namespace", "secret", "host"}),
		seats: map[string]string{},
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "hawser_build_info", Help: "1, with the version as label.", ConstLabels: prometheus.Labels{"version": o.Version},
	})
	build.Set(1)
	files := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "hawser_haproxy_open_files_limit", Help: "Files that HAProxy may have open.",
	})
	files.Set(float64(o.Files))
	m.traffic = newTraffic(o.HAProxy, m.owner)
	m.registry.MustRegister(m.reloads, m.commands, m.stages, m.successful, m.success, m.issues, m.objects, m.expiry, build, files, m.traffic,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if o.Compat {
		m.compat = newCompat(o)
		m.registry.MustRegister(m.compat.all()...)
	}
	return m
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	answer := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.refresh()
		answer.ServeHTTP(w, r)
	})
}

// Observe takes over what a round of the loop did.
func (m *Metrics) Observe(s control.Step) {
	m.stages.WithLabelValues("compile").Observe(s.Compile.Seconds())
	if s.Apply > 0 {
		m.stages.WithLabelValues("apply").Observe(s.Apply.Seconds())
	}
	m.commands.Add(float64(s.Commands))
	m.countReload(s)
	if s.Err == nil {
		m.successful.Set(1)
	} else {
		m.successful.Set(0)
	}
	if s.Err == nil && (s.Reload || s.Commands > 0) {
		m.success.Set(float64(time.Now().Unix()))
	}
	m.mu.Lock()
	m.seats = maps.Clone(s.Seats)
	m.last, m.stale = s, true
	m.mu.Unlock()
	if m.compat != nil {
		m.compat.observe(s)
	}
}

// refresh counts what there is of issues, objects and certificates. That takes a look at everything, so it is done when
// somebody asks and not for each change.
func (m *Metrics) refresh() {
	m.refreshing.Lock() // the loop, which reports what it did, does not wait for that
	defer m.refreshing.Unlock()
	m.mu.Lock()
	last, stale := m.last, m.stale
	m.stale = false
	m.mu.Unlock()
	if !stale {
		return
	}
	m.issues.Reset()
	for _, i := range last.Issues {
		m.issues.WithLabelValues(string(i.Code), string(i.Effect)).Inc()
	}
	for kind, n := range last.Snapshot.Counts() {
		m.objects.WithLabelValues(kind).Set(float64(n))
	}
	certificates := servedCertificates(last.Snapshot)
	m.expiry.Reset()
	for _, c := range certificates {
		m.expiry.WithLabelValues(c.namespace, c.secret, c.host).Set(float64(c.notAfter.Unix()))
	}
	if m.compat != nil {
		m.compat.setExpiry(certificates)
	}
}

// countReload counts one reload once for each of its reasons; the first start has none.
func (m *Metrics) countReload(s control.Step) {
	if !s.Reload {
		return
	}
	result := "success"
	if s.Err != nil {
		result = "failure"
	}
	reasons := s.Reasons
	if len(reasons) == 0 {
		reasons = []string{"start"}
	}
	for _, reason := range reasons {
		m.reloads.WithLabelValues(reason, result).Inc()
	}
}

// owner translates a backend of HAProxy: a spare stands for the backend that it serves for.
func (m *Metrics) owner(backend string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, spare := range m.seats {
		if spare == backend {
			return name
		}
	}
	return backend
}

type certificate struct {
	namespace, secret, host string
	notAfter                time.Time
}

// servedCertificates reads those that tls sections name.
func servedCertificates(s *snapshot.Snapshot) []certificate {
	known := map[string]time.Time{}
	found := map[certificate]bool{}
	for _, i := range s.Ingresses {
		for _, section := range i.Spec.TLS {
			key := i.Namespace + "/" + section.SecretName
			secret := s.Secret(i.Namespace, section.SecretName)
			if secret == nil {
				continue
			}
			end, ok := known[key]
			if !ok {
				if certs, err := pki.Certs(secret.Data["tls.crt"]); err == nil {
					end = certs[0].NotAfter
				}
				known[key] = end
			}
			if end.IsZero() {
				continue
			}
			for _, host := range section.Hosts {
				found[certificate{i.Namespace, section.SecretName, host, end}] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}
