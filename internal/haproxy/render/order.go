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
		{"action", (*renderer).actionStep}, // return: the rewrite phase of the location, before the redirect to HTTPS
		{"https", (*renderer).httpsStep},   // lua_ingress.rewrite: before every access check
	}
}

// settled reports whether a route needs no rule of its own: what it asks for is in the maps of the frontend.
func settled(p model.Policy) bool {
	p.HTTPS = model.HTTPSNever
	return fingerprint(p) == fingerprint(model.Policy{})
}

// httpsStep redirects plain HTTP where other rules of the backend may have to answer first; for all other routes the
// frontend does it.
func (r *renderer) httpsStep(g *group) []cfg.Line {
	if g.settled || g.policy.HTTPS == model.HTTPSNever {
		return nil
	}
	return []cfg.Line{httpsRedirect(r.model.Global.RedirectCode).Unless(cfg.True(cfg.Fetch("ssl_fc")))}
}

// actionStep answers where no server is asked.
func (r *renderer) actionStep(g *group) []cfg.Line {
	switch a := g.action.(type) {
	case model.Redirect:
		return []cfg.Line{cfg.L("http-request return", status(a.Code), cfg.Kw("hdr Location"), cfg.Header(r.pieces(a.To)...), page(a.Code))}
	case model.Respond:
		return []cfg.Line{cfg.L("http-request return", status(a.Status), cfg.Kw("content-type text/plain lf-string"), cfg.Format(r.pieces(a.Body)...))}
	case model.Forward:
		return nil
	default:
		panic(fmt.Sprintf("the backend %s has an action that needs none: %T", g.name, a))
	}
}
