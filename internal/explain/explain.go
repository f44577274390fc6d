// Package explain says what happens to one request, and why: host, certificate policy, path, route, backend, answer.
//
// It evaluates the model in Go, without HAProxy, by the same decisions in the same order as the configuration; a test
// compares both. It never sends anything, and it does not evaluate what a backend or another service would decide.
package explain

import (
	"crypto/x509"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// World is what is served.
type World struct {
	Snapshot *snapshot.Snapshot
	Model    *model.Model
	Issues   issue.List
}

// Request is what a client would send.
type Request struct {
	Method  string
	Secure  bool
	Host    string // the Host header
	SNI     string // the name in the TLS handshake; "" for none
	Target  string // path and query as they are sent
	Headers []Header
	Client  netip.Addr          // invalid: not known
	Certs   []*x509.Certificate // the client's certificate and what it sends with it; empty: none
	Now     time.Time
	Port    uint16 // of TCP; 0: the request is HTTP, and has what stands above
}

// Explain decides about a request.
func (w World) Explain(r Request) *Answer {
	e := &explainer{world: w, request: r, names: newNames(w.Model)}
	e.answer = &Answer{
		Request:  Asked{Method: r.Method, Scheme: e.scheme(), Host: r.Host, Target: r.Target},
		Settings: []dialect.InForce{}, Issues: issue.List{},
	}
	if r.Port != 0 {
		e.answer.Request = Asked{Scheme: "tcp", Host: r.Host}
		e.answer.Host.Match = matchNone
		e.stream()
		return e.answer
	}
	e.decide()
	e.finish()
	return e.answer
}

// explainer follows one request.
type explainer struct {
	world   World
	request Request
	names   names
	answer  *Answer

	hostname  string // of the request: lower case, without port
	host      *model.Host
	alias     bool     // the host has another name
	catchAll  bool     // the host is the catch-all, or none
	presented *verdict // nil: no certificate was asked for or none was sent
	path      string   // normalised
	unread    []string // expressions that may match, which nobody here can tell
	route     *model.Route
	peer      netip.Addr // who connected; request.Client is the client behind it
	believed  bool       // what the peer says about scheme, port and host counts
	told      string     // the scheme that the client speaks
	replaced  bool       // request.Host is what the peer says
	run       *ruleRun   // nil: the route has no statements
}

// decide asks step by step; the first that answers ends it. The order is that of the frontends.
func (e *explainer) decide() {
	steps := []func() bool{e.forwarded, e.findHost, e.passedThrough, e.connect, e.hostForm, e.method, e.misnamed, e.certificate, e.findPath, e.appRoot, e.findRoute, e.forwardedHost, e.redirects, e.act}
	for _, step := range steps {
		if step() {
			return
		}
	}
}

// reply is an answer of Hawser itself.
func (e *explainer) reply(status int, why string) bool {
	e.answer.Result = Result{From: FromHawser, Status: status, Why: why}
	return true
}

func (e *explainer) redirect(status int, location, why string) bool {
	e.answer.Result = Result{From: FromHawser, Status: status, Location: location, Why: why}
	return true
}

func (e *explainer) scheme() string {
	if e.request.Secure {
		return "https"
	}
	return "http"
}

func (e *explainer) findHost() bool {
	e.hostname = hostOf(e.request.Host)
	h, how := e.names.find(e.hostname)
	e.host, e.catchAll, e.alias = h, how == matchCatchAll || how == matchNone, how == matchAlias || how == matchPattern
	e.answer.Host = Host{Match: how}
	if h != nil {
		e.answer.Host.Name, e.answer.Host.Ingresses = h.Name.String(), h.Origins
	}
	return false
}

// hostForm: a name that somebody has is well-formed.
func (e *explainer) hostForm() bool {
	return e.catchAll && (e.request.Host == "" || malformed.MatchString(e.request.Host)) && e.reply(400, "the Host header is missing or malformed")
}

func (e *explainer) method() bool {
	return e.request.Method == "TRACE" && e.reply(405, "TRACE is refused on every host")
}

func (e *explainer) findPath() bool {
	raw, _, _ := strings.Cut(e.request.Target, "?")
	normal, err := model.NormalPath(raw)
	if err != nil {
		return e.reply(400, err.Error())
	}
	e.path = normal
	e.answer.Path = &Path{Raw: raw, Normal: normal}
	return false
}

// appRoot sends a request for "/" elsewhere, whatever its route.
func (e *explainer) appRoot() bool {
	if e.path != "/" || e.host == nil || e.host.AppRoot == "" {
		return false
	}
	return e.redirect(302, e.scheme()+"://"+e.request.Host+e.host.AppRoot, "the host has a start page")
}

func (e *explainer) findRoute() bool {
	if e.host == nil {
		return e.reply(404, "no Ingress has this host, and there is no catch-all")
	}
	matching := 0
	for _, r := range e.host.Routes {
		if !e.matches(r.Match) {
			continue
		}
		matching++
		if e.route == nil {
			e.route = r
		}
	}
	if e.route == nil {
		return e.notRouted()
	}
	e.answer.Route = &Route{
		Kind: e.route.Match.Kind.String(), Path: e.route.Match.Path, Ingress: e.route.Ingress,
		Why: why(e.route.Match, matching), Action: actionName(e.route.Action),
	}
	return false
}

// matches notes expressions before the route whose syntax Go doesn't have: they may match.
func (e *explainer) matches(m model.Match) bool {
	if m.Kind != model.Regex {
		return m.Matches(e.path)
	}
	matched, known := m.MatchesExpression(e.path)
	if !known && e.route == nil {
		e.unread = append(e.unread, "expression "+m.Path)
	}
	return matched
}

func why(m model.Match, matching int) string {
	switch {
	case m.Kind == model.Exact:
		return "an exact path wins"
	case matching == 1:
		return "the only path that matches"
	case m.Kind == model.Regex:
		return "the first of " + strconv.Itoa(matching) + " expressions that match"
	default:
		return "the longest of " + strconv.Itoa(matching) + " paths that match"
	}
}

func actionName(a model.Action) string {
	switch a.(type) {
	case model.Forward:
		return "forward"
	case model.Redirect:
		return "redirect"
	case model.Respond:
		return "respond"
	case model.SlashRedirect:
		return "slash-redirect"
	case model.Withhold:
		return "withhold"
	default:
		panic("a route has an action that is none")
	}
}

// notRouted: a host that needs a certificate is closed on plain HTTP, whatever the path.
func (e *explainer) notRouted() bool {
	if e.shut() {
		return e.reply(403, shutReason)
	}
	return e.reply(404, "the host has no route for this path")
}

// finish adds what is told whatever the answer is.
func (e *explainer) finish() {
	a := e.answer
	a.Result.Unless = append(a.Result.Unless, e.unread...)
	if a.Result.From == FromBackend {
		a.Headers = e.backendHeaders()
	}
	if h := e.world.Model.Global.HSTS; h != nil && e.request.Secure && a.Result.From != FromHandshake && a.Result.From != FromPassthrough {
		a.Result.Headers = append(a.Result.Headers, Header{"Strict-Transport-Security", hstsValue(h)})
	}
	a.Settings = append(a.Settings, e.settings()...)
	involved := e.involved()
	for _, i := range e.world.Issues.Sorted() {
		if slices.Contains(involved, i.Object) {
			a.Issues = append(a.Issues, i)
		}
	}
}
