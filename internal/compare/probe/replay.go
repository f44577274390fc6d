package probe

import (
	"strings"

	"github.com/hawser-ingress/hawser/internal/accesslog"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Replay says how the entries of a log become requests.
type Replay struct {
	Options
	Unsafe bool   // methods that may change something are sent too
	Host   string // of entries that name none
	Max    int    // requests at most; 0: any number
	planner
}

// NewReplay begins an empty plan.
func NewReplay(o Options, unsafe bool, host string, limit int) *Replay {
	return &Replay{Options: o, Unsafe: unsafe, Host: host, Max: limit, planner: *newPlanner(o)}
}

// Add takes an entry; the same request counts once, with its number.
func (r *Replay) Add(e accesslog.Entry) {
	host := e.Host
	if host == "" {
		host = r.Host
	}
	shown := e.Method + " " + host + e.Target
	switch {
	case host == "":
		r.leave("the log names no host; give --host", shown)
		return
	case r.Wanted != nil && !r.Wanted(host):
		r.leave("the host is not among --only", shown)
		return
	case !r.Unsafe && !Safe(e.Method):
		r.leave("the method may change something; --unsafe-methods sends it", shown)
		return
	case e.Method == "CONNECT":
		r.leave("CONNECT is no request for a controller", shown)
		return
	}
	for _, secure := range schemes(e.Scheme, r.Options) {
		request := Request{Kind: Replayed, Method: e.Method, Secure: secure, Host: host, SNI: nameFor(bare(host), secure), Target: e.Target, Count: 1}
		if r.Max > 0 && len(r.plan.Requests) >= r.Max && !r.has(request) {
			r.leave("there are more requests than --max-requests", shown)
			return
		}
		r.add(request)
	}
}

func (r *Replay) has(request Request) bool {
	_, ok := r.seen[request.digest()]
	return ok
}

// Plan is what was collected.
func (r *Replay) Plan() Plan { return r.finish() }

// schemes are those of the log; where it does not say, HTTPS if there is an address for it.
func schemes(scheme string, o Options) []bool {
	switch scheme {
	case "https":
		return []bool{true}
	case "http":
		return []bool{false}
	default:
		return []bool{o.HTTPS || !o.HTTP}
	}
}

// bare is a host without port and final dot, in lower case.
func bare(host string) string {
	if name, port, ok := strings.Cut(host, ":"); ok && strings.Trim(port, "0123456789") == "" {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// Names tells which host an Ingress serves by the Service that answered: ingress-nginx's log has no host.
type Names struct{ hosts map[string][]served }

type served struct {
	name  string
	match model.Match
}

// NewNames reads a model.
func NewNames(m *model.Model) *Names {
	n := &Names{hosts: map[string][]served{}}
	for _, h := range m.Hosts {
		for _, r := range h.Routes {
			if f, ok := r.Action.(model.Forward); ok {
				upstream := f.Backend.Namespace + "-" + f.Backend.Service + "-" + f.Backend.Port
				n.hosts[upstream] = append(n.hosts[upstream], served{sampleName(h.Name), r.Match})
			}
		}
	}
	return n
}

// Host is the only host whose path leads to the upstream; "" if there is none, or more than one.
func (n *Names) Host(e accesslog.Entry) string {
	path, _, _ := strings.Cut(e.Target, "?")
	normal, err := model.NormalPath(path)
	if err != nil {
		return ""
	}
	found := ""
	for _, s := range n.hosts[e.Upstream] {
		if !s.match.Matches(normal) || s.name == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = s.name
	}
	if found == stranger {
		return "" // the catch-all has no name
	}
	return found
}
