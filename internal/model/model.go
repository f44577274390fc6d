// Package model is what a set of Ingresses means, in neutral words: hosts, routes, backends, certificates, policies.
//
// It knows neither Kubernetes nor nginx nor HAProxy. A Model is complete (a renderer needs nothing else), sorted
// (the same input gives the same Model), and checked: a value that is in it can be served as it is.
package model

import "github.com/hawser-ingress/hawser/internal/issue"

// Model is everything that is served.
type Model struct {
	Hosts    []*Host    // by name; the catch-all, if there is one, is first
	Shards   []*Shard   // the hosts again, by the first of each shard; nil: there is one
	Backends []*Backend // by ID
	Streams  []*Stream  // by port
	Global   Global
}

// Shard is hosts that share Ingresses, by name: no Ingress has a route in two shards. One that is the same pointer in two
// models has not changed in between; its backends may have.
type Shard struct{ Hosts []*Host }

// Host is one virtual host.
type Host struct {
	Name        Hostname
	Aliases     []Hostname
	Patterns    []string     // more aliases, as expressions: those of all hosts are tried in order, after every other name
	AliasFrom   issue.Ref    // the Ingress that asks for the aliases
	AppRoot     string       // where a request for exactly "/" is sent; "": it is served
	WWW         bool         // the name with "www.", or without it, is sent here
	Secure      bool         // an Ingress of the host asks for TLS: plain HTTP is redirected by default
	Ciphers     string       // of TLS up to 1.2; "": those of every host
	TLS         *Cert        // nil: the default certificate
	ClientCert  *ClientCert  // nil: no certificate is asked for
	ServerTLS   *ServerTLS   // of servers of routes that say nothing of their own; nil: nothing
	Rules       *HostRules   // nil: none
	Passthrough *Passthrough // nil: TLS is ended here
	Routes      []*Route     // by precedence: the first that matches serves; either none or all of them are expressions
	Origins     []issue.Ref  // the Ingresses that contribute to the host
}

// Route is one path of a host.
type Route struct {
	Match   Match
	Action  Action
	Policy  Policy
	Canary  *Canary     // nil: every request is for the Action
	StandIn *BackendID  // serves while the backend of a Forward has no endpoints; nil: the answer is 503 then
	AppRoot string      // where its Ingress wants a request of the host for exactly "/" sent; "": nowhere
	Ahead   bool        // where paths are expressions, it is tried before those of Ingresses
	Regex   bool        // its Ingress asks that paths are expressions, which then holds for the whole host
	Ingress issue.Ref   // the Ingress it belongs to
	Origins []issue.Ref // everything that shaped it, for explanations
}

// MatchKind is how a path is compared with the normalised path of a request.
type MatchKind int

const (
	Exact  MatchKind = iota // the whole path
	Prefix                  // the path, or the path and "/…"; a Match whose path ends in "/" matches below it only
	Regex                   // a regular expression (PCRE2) for the beginning of the path, in any case
	Start                   // a text that the path begins with, slash or not
)

// String names the kind as an Ingress does.
func (k MatchKind) String() string {
	return [...]string{"Exact", "Prefix", "Regex", "Start"}[k]
}

// Match is the condition of a route: Path is absolute, decoded and free of dot segments, or an expression.
type Match struct {
	Kind MatchKind
	Path string
}

// Action is what a route does: exactly one of Forward, Redirect, Respond, SlashRedirect or Withhold.
type Action interface{ isAction() }

// Forward sends the request to a backend.
type Forward struct{ Backend BackendID }

// Redirect answers with a Location.
type Redirect struct {
	To   Template
	Code int // 300 to 308
}

// Respond answers with the page of a status, when everything else that the route asks for has been decided.
type Respond struct{ Status int }

// SlashRedirect answers 301 to the same URL with a slash behind the path.
type SlashRedirect struct{}

// Withhold closes the route: the request is answered with Status (403 or 503), whatever it carries.
type Withhold struct {
	Status int
	Reason string // for explanations; never sent to a client
}

func (Forward) isAction()       {}
func (Redirect) isAction()      {}
func (Respond) isAction()       {}
func (SlashRedirect) isAction() {}
func (Withhold) isAction()      {}
