package render

import (
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	scriptVar    = "txn.script"
	askedURIVar  = "txn.asked_uri"
	documentRoot = "/etc/nginx/html" // as applications know it from ingress-nginx
)

func fastCGIOf(g *group) *model.FastCGI {
	if g.policy.Upstream == nil {
		return nil
	}
	return g.policy.Upstream.FastCGI
}

// fastCGIStep keeps the URI as it came, for REQUEST_URI.
func (r *renderer) fastCGIStep(g *group) []cfg.Line {
	if fastCGIOf(g) == nil {
		return nil
	}
	out := []cfg.Line{cfg.L("use-fcgi-app", cfg.Name(g.name))}
	if g.policy.Bandwidth != nil { // beside another filter, its place has to be named
		out = append(out, cfg.L("filter fcgi-app", cfg.Name(g.name)))
	}
	return append(out, set(askedURIVar, cfg.Fetch("pathq")))
}

// scriptStep names the script.
func (r *renderer) scriptStep(g *group) []cfg.Line {
	f := fastCGIOf(g)
	if f == nil {
		return nil
	}
	path := cfg.Fetch("path").Conv("url_dec")
	out := []cfg.Line{set(scriptVar, path)}
	if f.Index != "" {
		directory := cfg.Match(cfg.Var(scriptVar), cfg.Suffix, "/")
		out = append(out,
			set("txn.index", cfg.Str(f.Index)).If(directory),
			set(scriptVar, cfg.Var(scriptVar).Conv("concat", "", "txn.index")).If(directory))
	}
	return out
}

// applications say what parameters each backend with FastCGI gets. They are nginx's fastcgi_params, as far as HAProxy
// doesn't set them itself, and then those of the route.
func (r *renderer) applications() []cfg.Section {
	var out []cfg.Section
	for _, g := range r.groups {
		f := fastCGIOf(g)
		if f == nil {
			continue
		}
		s := cfg.Section{Header: cfg.L("fcgi-app", cfg.Name(g.name)).Of(g.ingress)}
		s.Add(cfg.L("docroot", cfg.Word(documentRoot)), cfg.L("no option keep-conn"))
		param := func(name string, value ...cfg.Piece) {
			s.Add(cfg.L("set-param", cfg.Word(name), cfg.Format(value...)))
		}
		path := cfg.Print(cfg.Fetch("path").Conv("url_dec"))
		param("SCRIPT_NAME", cfg.Print(cfg.Var(scriptVar)))
		param("SCRIPT_FILENAME", cfg.Text(documentRoot), cfg.Print(cfg.Var(scriptVar)))
		param("REQUEST_URI", cfg.Print(cfg.Var(askedURIVar)))
		param("DOCUMENT_URI", path)
		param("REQUEST_SCHEME", cfg.Print(bySecurity("https", "http")))
		param("SERVER_NAME", cfg.Print(cfg.Var("txn.host")))
		param("SERVER_SOFTWARE", cfg.Text("hawser"))
		param("REDIRECT_STATUS", cfg.Text("200"))
		for _, p := range f.Params {
			param(p.Name, r.parameter(p.Value)...)
		}
		out = append(out, s)
	}
	return out
}

// parameter writes a template for the end of all rules, where the path is the one that the server gets.
func (r *renderer) parameter(t model.Template) []cfg.Piece {
	var out []cfg.Piece
	for _, p := range t {
		switch p.Var {
		case model.VarRequestURI:
			out = append(out, cfg.Print(cfg.Var(askedURIVar)))
		case model.VarPath:
			out = append(out, cfg.Print(cfg.Fetch("path").Conv("url_dec")))
		default:
			out = append(out, r.pieces(model.Template{p})...)
		}
	}
	return out
}
