package render

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// slashFlag and secureFlag name a redirect with its style. What does not change a Location is left out.
func slashFlag(s model.LinkStyle) string {
	switch {
	case s.Relative:
		return flagSlash + styleRelative
	case s.Port:
		return flagSlash + stylePort
	default:
		return flagSlash
	}
}

func secureFlag(p model.Policy) string {
	out := flagSecure
	if p.HTTPS == model.HTTPSIfForwarded {
		out = flagForced
	}
	if p.Links.KeepSlash {
		out += styleKeep
	}
	if p.Links.Port {
		out += stylePort
	}
	return out
}

// redirectFlags lists the flags of redirects that any route has, besides the usual ones.
func (r *renderer) redirectFlags() []string {
	out := []string{flagSlash, flagSecure, flagForced}
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			if _, slash := route.Action.(model.SlashRedirect); slash {
				out = append(out, slashFlag(route.Policy.Links))
			} else {
				out = append(out, secureFlag(route.Policy))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// redirectRules answer before the route's own policy: nginx looks for the slash while it looks for the location.
func (r *renderer) redirectRules(p port) []cfg.Line {
	flags := routeFlags()
	out := []cfg.Line{
		respond(403, cfg.Match(flags, cfg.Exact, flagForbidden)),
		respond(503, cfg.Match(flags, cfg.Exact, flagUnavailable)),
	}
	for _, flag := range r.redirectFlags() {
		when := cfg.Match(flags, cfg.Exact, flag)
		if flag[:1] != flagSlash {
			when = cfg.Match(flags, cfg.Exact, flag, wholeWay+flag)
		}
		style := model.LinkStyle{
			KeepSlash: strings.Contains(flag[1:], styleKeep), Port: strings.Contains(flag[1:], stylePort), Relative: strings.Contains(flag[1:], styleRelative),
		}
		if flag[:1] == flagSecure && r.anyAlias() {
			when = cfg.And(when, cfg.Not(cfg.Found(cfg.Var("txn.alias"))))
		}
		if flag[:1] == flagSlash {
			out = append(out, r.slashRedirect(p, style).If(when))
		} else if r.schemeTold() {
			out = append(out, r.httpsRedirect(style).If(cfg.And(when, r.isPlain())))
		} else if p == plain {
			out = append(out, r.httpsRedirect(style).If(when))
		}
	}
	return out
}

// requestHost is the name that was asked for, as it was written and without port.
func requestHost() cfg.Sample { return cfg.Fetch("req.fhdr", "host").Conv("field", "1", ":") }

func (r *renderer) slashRedirect(p port, style model.LinkStyle) cfg.Line {
	location := []cfg.Piece{cfg.Print(cfg.Fetch("pathq").Conv("regsub", "^[^?]*", `\0/`))}
	scheme, suffix := "http://", portSuffix(r.model.Global.HTTPPort, 80)
	if p == secure {
		scheme, suffix = "https://", portSuffix(r.model.Global.HTTPSPort, 443)
	}
	if !style.Port {
		suffix = ""
	}
	if !style.Relative {
		location = append([]cfg.Piece{cfg.Text(scheme), cfg.Print(requestHost()), cfg.Text(suffix)}, location...)
	}
	return redirect(301, location...)
}

// httpsRedirect drops one slash at the end of a URL without query, as ingress-nginx does.
func (r *renderer) httpsRedirect(style model.LinkStyle) cfg.Line {
	uri := cfg.Fetch("pathq")
	if !style.KeepSlash {
		uri = uri.Conv("regsub", "/$", "")
	}
	suffix := ""
	if style.Port {
		suffix = ":" + strconv.Itoa(int(r.model.Global.HTTPSPort))
	}
	return redirect(r.model.Global.RedirectCode, cfg.Text("https://"), cfg.Print(requestHost()), cfg.Text(suffix), cfg.Print(uri))
}

// redirect answers with a Location. HAProxy's own directive forbids caching for some codes, where nginx says nothing.
func redirect(code int, location ...cfg.Piece) cfg.Line {
	args := []cfg.Arg{status(code)}
	if code != http.StatusNotModified { // which has no body
		args = append(args, page(code))
	}
	return cfg.L("http-request return", append(args, cfg.Kw("hdr Location"), cfg.Header(location...))...)
}
