package statuspage

import (
	"context"
	"time"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// View is /status.json. Its form is stable: members are added, never changed.
type View struct {
	Version string          `json:"version"`
	Now     time.Time       `json:"now"`
	State   State           `json:"state"`
	Text    string          `json:"text"` // the state in a sentence
	Since   time.Time       `json:"since,omitzero"`
	Failed  *Change         `json:"failed,omitempty"` // the change that is not live
	HAProxy Process         `json:"haproxy"`
	Totals  Totals          `json:"totals"`
	Table   *Table          `json:"table,omitempty"`  // nil: none was asked for
	Digest  *explain.Digest `json:"digest,omitempty"` // of what serves a Host; nil: it was not asked for
}

// State is how what is served relates to what the objects say.
type State string

const (
	Starting State = "starting" // nothing is live yet
	Live     State = "live"
	Waiting  State = "waiting" // for the time of the next reload
	Stale    State = "stale"   // the last change failed; the last good configuration stays
	Down     State = "down"    // HAProxy does not run
)

// Process is HAProxy.
type Process struct {
	Up         bool      `json:"up"`
	Master     int       `json:"master,omitempty"` // process ids
	Worker     int       `json:"worker,omitempty"`
	OldWorkers *int      `json:"oldWorkers,omitempty"` // that end their connections; nil: not known
	Restarts   int       `json:"restarts"`             // after it died
	Since      time.Time `json:"since,omitzero"`
	AtRunTime  string    `json:"atRunTime,omitempty"` // what can be changed without a reload
}

// Totals count what is live.
type Totals struct {
	Ingresses    int            `json:"ingresses"`
	Hosts        int            `json:"hosts"`
	Routes       int            `json:"routes"`
	Closed       int            `json:"closedRoutes"`
	ClientCerts  int            `json:"clientCertificatePolicies"`
	Certificates int            `json:"certificates"`
	Expiring     int            `json:"expiringCertificates"` // within 30 days, or ended
	Backends     int            `json:"backends"`             // ports of Services
	Empty        int            `json:"backendsWithoutEndpoints"`
	Ports        int            `json:"tcpPorts"`
	Issues       map[string]int `json:"issues"` // by severity
	Withheld     int            `json:"withheld"`
}

// Change is one that was made, or tried.
type Change struct {
	At            time.Time `json:"at"`
	Reload        bool      `json:"reload"`
	Reasons       []string  `json:"reasons,omitempty"`  // of the reload
	Commands      int       `json:"commands,omitempty"` // that were sent instead
	CompileMillis float64   `json:"compileMillis"`      // to a configuration
	ApplyMillis   float64   `json:"applyMillis"`        // to traffic
	Error         string    `json:"error,omitempty"`
}

// view tells what is remembered, without a table.
func (s *Status) view(m moment, b *built) View {
	v := View{
		Version: s.options.Version, Now: s.options.Now().UTC(), Since: utc(m.since), Failed: m.failed, HAProxy: s.process(m), Totals: b.totals(m.issues()),
	}
	v.State, v.Text = state(m, v.HAProxy.Up)
	return v
}

func (s *Status) process(m moment) Process {
	state := s.options.HAProxy.State()
	p := Process{Up: state.Up, Master: state.Master, Worker: state.Worker, Restarts: state.Restarts, Since: utc(state.Since)}
	if !p.Up {
		return p
	}
	p.AtRunTime = m.last.Abilities.String()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if n, err := s.options.HAProxy.OldWorkers(ctx); err == nil {
		p.OldWorkers = &n
	}
	return p
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func state(m moment, up bool) (State, string) {
	switch {
	case m.live.Model == nil && m.failed != nil:
		return Starting, "Nothing is live yet: the first configuration failed."
	case m.live.Model == nil:
		return Starting, "Nothing is live yet."
	case !up:
		return Down, "HAProxy does not run; it is being started anew."
	case m.failed != nil:
		return Stale, "The last change failed; the last good configuration stays."
	case m.last.Waits:
		return Waiting, "A change waits for the time of the next reload."
	default:
		return Live, "What the objects say is live."
	}
}

func (b *built) totals(issues issue.List) Totals {
	t := Totals{Issues: map[string]int{string(issue.Error): 0, string(issue.Warning): 0, string(issue.Info): 0}}
	for _, i := range issues {
		t.Issues[string(i.Severity)]++
		if i.Effect == issue.Withheld {
			t.Withheld++
		}
	}
	if b.model == nil {
		return t
	}
	ingresses := map[issue.Ref]bool{}
	t.Hosts, t.Ports, t.Backends = len(b.model.Hosts), len(b.model.Streams), len(b.model.Backends)
	for _, h := range b.model.Hosts {
		for _, from := range h.Origins {
			ingresses[from] = true
		}
		t.Routes += len(h.Routes)
		for _, r := range h.Routes {
			if _, closed := r.Action.(model.Withhold); closed {
				t.Closed++
			}
		}
	}
	for _, backend := range b.model.Backends {
		if len(backend.Endpoints) == 0 {
			t.Empty++
		}
	}
	t.Ingresses, t.ClientCerts, t.Certificates = len(ingresses), len(b.tables[ClientCerts]), len(b.tables[Certificates])
	for _, row := range b.tables[Certificates] {
		if row.problem {
			t.Expiring++
		}
	}
	return t
}
