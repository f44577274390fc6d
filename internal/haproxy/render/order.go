package render

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// step is one policy of a route: the lines that its backend gets for it. It returns nothing for a policy that is not
// asked for.
type step struct {
	name  string
	lines func(*renderer, *group) []cfg.Line
}

// steps are the rules of a backend, in the order in which nginx decides (its phases: server rewrite, find location,
// rewrite, pre-access, access, content). HAProxy runs the rules of a section in the order of the file.
func steps() []step {
	return []step{
		{"count", (*renderer).countStep},             // no rule that answers: while the body is sent on
		{"copy", (*renderer).copyStep},               // the request as it came is kept, before anything changes it or answers
		{"errors", (*renderer).errorsStep},           // before anything answers
		{"upstream", (*renderer).upstreamStep},       // no answer: times, tries, what the server sees
		{"fastcgi", (*renderer).fastCGIStep},         // no answer: what the server speaks; before rewrite: $request_uri
		{"server name", (*renderer).serverNameStep},  // no answer: what the server is called in the handshake
		{"balance", (*renderer).balanceStep},         // no answer: which server
		{"session", (*renderer).sessionStep},         // no answer: which server, and what the client keeps
		{"quiet", (*renderer).quietStep},             // no answer: whatever the answer is
		{"compression", (*renderer).compressionStep}, // no answer: how one is sent
		{"host rules", (*renderer).hostRulesStep},    // rewrite phase of the server block
		{"cors", (*renderer).corsStep},               // the server block: before every redirect and check
		{"groups", (*renderer).groupsStep},           // whatever a rule below says of $1 to $9
		{"rules", (*renderer).rulesStep},             // rewrite phase of the location, line by line; a fixed redirect is the last one
		{"action", (*renderer).actionStep},           // return: the rewrite phase of the location, before the redirect to HTTPS
		{"https", (*renderer).httpsStep},             // lua_ingress.rewrite: before every access check
		{"limit", (*renderer).limitStep},             // pre-access: who is refused for a password has been counted
		{"access", (*renderer).accessStep},           // addresses, then passwords
		{"answer", (*renderer).answerStep},           // what the authentication service said
		{"credentials", (*renderer).credentialsStep}, // after everything that may ask for them
		{"last", (*renderer).lastStep},               // content phase, where there is no server
		{"to server", (*renderer).upstreamRulesStep}, // content phase, beside the controller's own
		{"mirror", (*renderer).mirrorStep},           // after everything that may refuse, before anything is rewritten
		{"bandwidth", (*renderer).bandwidthStep},     // of the response
		{"connection", (*renderer).connectionStep},   // late: the rules above read the request as it came
		{"response", (*renderer).responseStep},       // no answer: what becomes of one
		{"answers", (*renderer).answerRulesStep},     // no answer: what becomes of one, after everything else
		{"stand-in", (*renderer).standInStep},        // late: what a client says under these names is replaced
		{"rewrite", (*renderer).rewriteStep},         // late: the rules above read the URI as it came, $request_uri of nginx
		{"script", (*renderer).scriptStep},           // after rewrite: what the server is asked for
		{"vhost", (*renderer).vhostStep},             // late: the rules above read the Host as it came
	}
}

// settled reports whether a route needs no rule of its own: what it asks for is in the maps of the frontend. A redirect is
// a rule of its own, because it comes before that to HTTPS.
func settled(a model.Action, p model.Policy) bool {
	if _, forwards := a.(model.Forward); !forwards {
		return false
	}
	p.HTTPS, p.Links = model.HTTPSNever, model.LinkStyle{}
	return fingerprint(p) == ""
}

// httpsStep redirects plain HTTP where other rules of the backend may have to answer first; for all other routes the
// frontend does it.
func (r *renderer) httpsStep(g *group) []cfg.Line {
	if g.settled || g.policy.HTTPS == model.HTTPSNever {
		return nil
	}
	when := r.isPlain()
	if g.policy.HTTPS == model.HTTPSIfSecure && r.anyAlias() {
		when = cfg.And(when, cfg.Not(cfg.Found(cfg.Var("txn.alias"))))
	}
	out := []cfg.Line{r.httpsRedirect(g.policy.Links).If(when)}
	if r.policies.any {
		out = append(out, respond(403, cfg.Found(cfg.Var("txn.shut")))) // an alias that is not redirected
	}
	return out
}

// actionStep answers where no server is asked. It has a condition that always holds, because HAProxy warns of rules that
// stand behind an answer without one.
func (r *renderer) actionStep(g *group) []cfg.Line {
	always := cfg.True(cfg.Fetch("always_true"))
	switch a := g.action.(type) {
	case model.Redirect:
		return []cfg.Line{redirect(a.Code, r.pieces(a.To)...).If(always)}
	case model.Forward, model.Respond:
		return nil
	default:
		panic(fmt.Sprintf("the backend %s has an action that needs none: %T", g.name, a))
	}
}
