// Package compile turns a snapshot into the model of what is served, and says what it could not honour.
//
// It is pure and deterministic: no clock, no log, no file. What protects a route is never left out: where it can't be
// honoured, the route or the host is closed.
package compile

import (
	"slices"
	"time"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/dialect/haproxyorg"
	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Options are what a compile needs besides the objects.
type Options struct {
	DefaultCert *model.Cert // used when the snapshot names no usable default certificate
	LogFormat   model.LogFormat
	// Refused has objects that HAProxy did not accept: their routes and hosts are closed.
	Refused map[issue.Ref]string
	// NoStreams leaves the TCP ports closed, without a word.
	NoStreams bool
}

// Registry lists the features of every dialect.
func Registry() *dialect.Registry {
	return dialect.NewRegistry(slices.Concat(nginx.Features(), haproxyorg.Features()))
}

// Compile returns a complete model for every input; the issues say what is not served as written.
func Compile(s *snapshot.Snapshot, o Options) (*model.Model, issue.List) { return New().Compile(s, o) }

// compiler collects a part; it lives for one compile.
type compiler struct {
	snapshot *snapshot.Snapshot // in which every look-up is noted
	options  Options
	registry *dialect.Registry
	global   model.Global
	known    *certs // of all parts
	rest     defaultService
	passes   []*dialect.Pass
	hosts    map[model.Hostname]*host
	backends map[model.BackendID]*model.Backend
	streams  []*model.Stream
	issues   issue.List
}

// host is a model host with what is needed until it is finished.
type host struct {
	*model.Host
	ingresses []*ingressPass // that contribute, the oldest first
	routes    map[model.Match]*route
	canaries  []*canary // the oldest Ingress first
	fallback  *route    // of spec.defaultBackend, for paths that nothing else matches
}

type ingressPass struct {
	*dialect.Pass
	ingress *netv1.Ingress
}

type route struct {
	*model.Route
	pass     *ingressPass
	location bool // made by a host, not by a rule of an Ingress
	order    int  // among the routes of the host, oldest Ingress first
}

// compileSettings fills the global part of the model.
func (c *compiler) compileSettings() *dialect.Pass {
	p := dialect.NewSettingsPass(c.snapshot)
	c.passes = append(c.passes, p)
	c.global = model.Global{
		RedirectCode: 308,
		LogFormat:    c.options.LogFormat,
		HTTPPort:     c.snapshot.Settings.HTTPPort,
		HTTPSPort:    c.snapshot.Settings.HTTPSPort,
		Timeouts: model.Timeouts{
			ClientHeader: time.Minute, Client: time.Minute, KeepAlive: 75 * time.Second,
			Connect: 5 * time.Second, Server: time.Minute, HardStop: 4 * time.Minute,
			Stream: 10 * time.Minute,
		},
	}
	c.registry.CheckSettings(p)
	for _, f := range c.registry.Features {
		if f.Global != nil {
			f.Global(p, &c.global)
		}
	}
	c.global.DefaultCert = c.defaultCert(p)
	return p
}

// found gives every issue of what was compiled.
func (c *compiler) found() issue.List {
	out := c.issues
	for _, p := range c.passes {
		out = append(out, p.Issues()...)
	}
	return out
}
