package statuspage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// Backend is a row of backends: the routes of one Ingress to one port of a Service, as HAProxy counts them. Its counters
// begin anew with each worker.
type Backend struct {
	Ingress       string   `json:"ingress"` // "TCP port 5432" for one without
	Service       string   `json:"service"` // name:port, in the namespace of the Ingress
	Name          string   `json:"name"`    // in HAProxy's configuration
	State         string   `json:"state"`   // up, degraded, down or empty
	Servers       []Server `json:"servers"`
	Requests      int64    `json:"requests"`
	InFlight      int64    `json:"inFlight"`
	Responses     [6]int64 `json:"responses"` // other, 1xx, 2xx, 3xx, 4xx, 5xx
	ConnectErrors int64    `json:"connectErrors"`
	Retries       int64    `json:"retries"`
}

// Server is an endpoint.
type Server struct {
	Address  string `json:"address"`
	Status   string `json:"status"` // as HAProxy says it: UP, DOWN, MAINT, DRAIN, "no check"
	Sessions int64  `json:"sessions"`
}

const (
	up       = "up"
	degraded = "degraded"
	down     = "down"
	empty    = "empty"
)

// backendRows joins HAProxy's rows; seats tells for whom a spare serves. Backends that belong to no Ingress are left out.
func backendRows(stats []runtime.Stat, seats map[string]string) []row {
	owners := map[string]string{}
	for name, spare := range seats {
		owners[spare] = name
	}
	known := map[string]*Backend{} // a route that has moved to a spare may have connections in both
	var all []*Backend
	find := func(proxy string) *Backend {
		name := cmp.Or(owners[proxy], proxy)
		if b, seen := known[name]; seen {
			return b
		}
		b := newBackend(name)
		known[name] = b
		if b != nil {
			all = append(all, b)
		}
		return b
	}
	for _, s := range stats {
		b := find(s.Proxy)
		switch {
		case b == nil:
		case s.Kind == runtime.ServerStat:
			b.Servers = append(b.Servers, Server{s.Addr, s.Status, s.SessionsNow})
		case s.Kind == runtime.BackendStat:
			b.add(s)
		}
	}
	slices.SortFunc(all, func(a, b *Backend) int { return cmp.Compare(a.Name, b.Name) })
	var out []row
	for _, b := range all {
		b.State = health(b.Servers)
		text := []string{b.Ingress, b.Service, b.Name, b.State}
		for _, s := range b.Servers {
			text = append(text, s.Address, s.Status)
		}
		out = append(out, newRow(b, b.State != up, text...))
	}
	return out
}

func (b *Backend) add(s runtime.Stat) {
	b.Requests += s.RequestsTotal
	b.InFlight += s.SessionsNow
	for class, n := range s.Responses {
		b.Responses[class] += n
	}
	b.ConnectErrors += s.ConnectErrors
	b.Retries += s.Retries
}

// newBackend reads a name, in which the parts are namespace, Ingress, Service and port; nil for another.
func newBackend(name string) *Backend {
	parts := strings.Split(name, ":")
	if len(parts) < 4 || parts[2] == "-" {
		return nil
	}
	b := &Backend{Ingress: parts[0] + "/" + parts[1], Service: parts[2] + ":" + parts[3], Name: name, Servers: []Server{}}
	if parts[1] == "-" { // no Ingress is called so: connections of a TCP port
		b.Ingress = "TCP port " + parts[len(parts)-1]
	}
	return b
}

// health: a server in maintenance is one that was removed, and ends its last connections.
func health(servers []Server) string {
	active, well := 0, 0
	for _, s := range servers {
		if strings.HasPrefix(s.Status, "MAINT") {
			continue
		}
		active++
		if strings.HasPrefix(s.Status, "UP") || s.Status == "no check" {
			well++
		}
	}
	switch {
	case active == 0:
		return empty
	case well == 0:
		return down
	case well < active:
		return degraded
	default:
		return up
	}
}
