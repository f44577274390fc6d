// Package render writes the model as HAProxy reads it.
//
// It decides nothing about traffic that the model does not say, and puts text into the configuration only through
// package cfg. Two frontends (HTTP, HTTPS) find host and route in maps; what a route asks for stands in its backend,
// so one route's policy costs another nothing.
package render

import (
	"errors"
	"fmt"
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
	Spares      int              // backends without servers, for routes that come at run time
	Measure     bool             // put figures in front of each line of the access log
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
func Render(m *model.Model, o Options) (*haproxy.Bundle, error) {
	r := &renderer{model: m, options: o, bundle: &haproxy.Bundle{
		RouteMaps: []string{exactMap, prefixMap, regexMap}, NameMaps: []string{hostMap, wildcardMap, aliasMap},
		Maps: map[string][]cfg.MapEntry{}, Patterns: map[string][]cfg.MapKey{}, CrtLists: map[string][]cfg.CrtEntry{},
		Lines: map[string][][]issue.Ref{}, Certs: map[string]haproxy.File{}, CAs: map[string]haproxy.File{}, Static: map[string]haproxy.File{},
	}}
	r.policies = policiesOf(m)
	r.bundle.Frame = r.text(r.frame()...)
	r.backends()
	if len(r.unfit) > 0 {
		return nil, r.unfit
	}
	return r.bundle, nil
}

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

type renderer struct {
	model    *model.Model
	options  Options
	bundle   *haproxy.Bundle
	policies policies
	groups   []*group                 // backends, in the order of hosts and routes
	byRoute  map[*model.Route]*group  // for routes that have one
	served   map[model.BackendID]bool // which backends have endpoints
	unfit    Errors
}

func (r *renderer) fail(object issue.Ref, err error) {
	if err != nil {
		r.unfit = append(r.unfit, Error{object, err})
	}
}

// frame lists what stands before the backends of routes, from top to bottom.
func (r *renderer) frame() []cfg.Section {
	r.groupRoutes()
	out := append([]cfg.Section{r.global(), r.defaults()}, r.backendDefaults()...)
	out = append(out, r.resolvers()...)
	r.hostMaps()
	r.routeMaps()
	r.expressionMaps()
	r.canaryMaps()
	r.secureMap()
	r.appRootMap()
	r.certificates()
	r.clientCertMaps()
	r.userLists()
	out = append(out, r.frontend(plain), r.frontend(secure))
	out = append(out, r.streams()...)
	out = append(out, notFound())
	out = append(out, r.seenTable()...)
	out = append(out, r.usersTable()...)
	out = append(out, r.limitTable()...)
	out = append(out, r.serverFiles()...)
	out = append(out, r.applications()...)
	out = append(out, r.inner()...)
	return append(out, r.spares()...)
}

// spares are backends for routes that ask for nothing special and come while HAProxy runs.
func (r *renderer) spares() []cfg.Section {
	var out []cfg.Section
	for i := range r.options.Spares {
		name := fmt.Sprintf("hawser-spare-%d", i+1)
		r.bundle.Spares = append(r.bundle.Spares, name)
		out = append(out, cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(r.defaultsName(r.plainVariant())))})
	}
	return out
}

// port is one of the two frontends.
type port int

const (
	plain port = iota
	secure
)
