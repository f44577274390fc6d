// Package render writes the model as HAProxy reads it.
//
// It decides nothing about traffic that the model does not say, and puts text into the configuration only through
// package cfg. Two frontends (HTTP, HTTPS) find host and route in maps; what a route asks for stands in its backend,
// so one route's policy costs another nothing.
package render

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Options are what depends on the process, not on the model.
type Options struct {
	HTTP, HTTPS []netip.AddrPort // what the frontends listen on
	Socket      string           // absolute path of the runtime socket; "": none
	Spares      int              // backends without servers, for plain routes that come at run time; as many at most for others
	Measure     bool             // put figures in front of each line of the access log
	OldWorkers  int              // processes of earlier configurations that may still serve connections; 0: 20
	MaxConn     int              // connections that one worker may have; 0: HAProxy's own limit
	// Isolated says that HAProxy keeps TLS sessions of different client-certificate policies apart (3.2.23 and later,
	// and backports). Without it, a resumed session counts only where its certificate was verified.
	Isolated bool
	Verifier string // absolute path of the socket that passwords are verified at; "": nobody with a password is let in
	UserKey  []byte // of the versions of lists of users; the verifier has the same
	// Nameservers says that the system has a resolver configuration, for backends with a DNS name.
	Nameservers bool
}

// Render fails only if the model holds something that HAProxy can't carry: with Errors, one for each object.
func Render(m *model.Model, o Options) (*haproxy.Bundle, error) { return New(o).Render(m) }

// Error is an object that HAProxy can't carry.
type Error struct {
	Object issue.Ref
	Err    error
}

func (e Error) Error() string { return fmt.Sprintf("%s: %v", e.Object, e.Err) }

// Errors are all objects of a model that HAProxy can't carry.
type Errors []Error

func (e Errors) Error() string {
	all := make([]error, len(e))
	for i := range e {
		all[i] = e[i]
	}
	return errors.Join(all...).Error()
}

// renderer renders one model.
type renderer struct {
	model     *model.Model
	options   Options
	bundle    *haproxy.Bundle // that is being filled: of a fragment, or of everything else
	whole     *haproxy.Bundle
	policies  policies
	fragments []*fragment                          // of the shards, and then common
	common    *fragment                            // of what is on the hosts of all; nil: there is nothing
	at        *fragment                            // that is being rendered; nil: what belongs to none
	groups    []*group                             // backends, in the order of fragments
	users     map[model.BackendID][]int            // which fragments use a backend; nil until somebody asks
	byRoute   map[*model.Route]*group              // of all fragments; nil until somebody asks
	reads     map[model.BackendID]struct{}         // backends that matter to what belongs to no fragment
	backendOf func(model.BackendID) *model.Backend // nil if there is none
	found     *findings                            // nil until somebody asks, when all groups are there
	unfit     Errors
}

func (r *renderer) fail(object issue.Ref, err error) {
	if err != nil {
		r.unfit = append(r.unfit, Error{object, err})
	}
}

// backend notes that what is being rendered depends on the endpoints of a backend.
func (r *renderer) backend(id model.BackendID) *model.Backend {
	if r.at != nil {
		r.at.reads[id] = struct{}{}
	} else {
		r.reads[id] = struct{}{}
	}
	return r.backendOf(id)
}

// hasEndpoints is false for a backend that is not there.
func (r *renderer) hasEndpoints(id model.BackendID) bool {
	if r.at != nil {
		r.at.asks[id] = struct{}{}
	} else {
		r.reads[id] = struct{}{}
	}
	b := r.backendOf(id)
	return b != nil && len(b.Endpoints) > 0
}

// groupFor is the group of a route; nil if it has none.
func (r *renderer) groupFor(route *model.Route) *group {
	if r.at != nil {
		if g := r.at.byRoute[route]; g != nil || r.common == nil {
			return g
		}
		return r.common.byRoute[route]
	}
	if r.byRoute == nil {
		r.byRoute = map[*model.Route]*group{}
		for _, f := range r.fragments {
			maps.Copy(r.byRoute, f.byRoute)
		}
	}
	return r.byRoute[route]
}

// frame lists what stands before the backends of routes, from top to bottom.
func (r *renderer) frame() []cfg.Section {
	out := []cfg.Section{r.global(), r.defaults(), r.backendDefault(r.plainVariant())}
	out = append(out, r.resolvers()...)
	r.aliasMaps()
	r.expressionMaps()
	r.canaryMaps()
	r.secureMap()
	r.passMap()
	r.appRootMap()
	r.defaultCertificate()
	r.clientCertMaps()
	r.userLists()
	out = append(out, r.frontend(plain), r.frontend(secure))
	out = append(out, r.passthrough()...)
	out = append(out, r.streams()...)
	out = append(out, notFound())
	out = append(out, r.seenTable()...)
	out = append(out, r.usersTable()...)
	out = append(out, r.limitTable()...)
	out = append(out, r.serverFiles()...)
	out = append(out, r.applications()...)
	return append(out, r.inner()...)
}

// port is one of the two frontends.
type port int

const (
	plain port = iota
	secure
)
