package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// cleaningRules drop what nginx drops (names with characters other than letters, digits and hyphens, which CGI-like
// backends take for other names) and what a client must not say about its own certificate, on every host.
func (r *renderer) cleaningRules() []cfg.Line {
	// one expression and one pass over the headers, because each costs as much as this one
	names := "proxy"
	if r.dropsEarly() {
		names = "(?:proxy|keep-alive|x-original-forwarded-(?:for|host)|x-real-ip|x-forwarded-(?:port|proto|scheme)|x-scheme)"
	}
	unwanted := `(?i)^(?:ssl-client-|` + names + `\z)`
	switch r.model.Global.Headers.Names {
	case model.NamesPlain:
		return []cfg.Line{dropNames(unwanted + "|[^a-z0-9-]")}
	case model.NamesUnderscore:
		return []cfg.Line{dropNames(unwanted + "|[^a-z0-9_-]"), dropNames(r.lookalikes())}
	case model.NamesAny:
		return []cfg.Line{dropNames(unwanted), dropNames(r.lookalikes())}
	default:
		panic(fmt.Sprintf("the names of headers are read in a way that is none: %d", r.model.Global.Headers.Names))
	}
}

// tell sets a header for servers. Where what a client says of it is gone already, it is not looked for again.
func (r *renderer) tell(name string, pieces ...cfg.Piece) cfg.Line {
	if r.dropsEarly() {
		return cfg.L("http-request add-header", cfg.HeaderName(name), cfg.Header(pieces...))
	}
	return setHeader(name, pieces...)
}

// dropsEarly: what the controller replaces may be removed with the rest, because nothing reads it before.
func (r *renderer) dropsEarly() bool {
	return r.shortcut() && r.model.Global.Forwarded == nil && len(r.cameRules()) == 0
}

func traced() cfg.Cond { return cfg.Match(cfg.Fetch("method"), cfg.Exact, "TRACE") }

func dropNames(expression string) cfg.Line {
	return cfg.L("http-request del-header", cfg.Word(expression), cfg.Kw("-m reg"))
}

// lookalikes is an expression for names that are read as one of ours by servers that take other characters for hyphens.
func (r *renderer) lookalikes() string {
	names := []string{"ssl-client-", "x-forwarded-", "x-original-", "x-auth-", "x-real-ip$", "x-scheme$", "x-request-id$", "x-service-name$", "authorization$"}
	for _, h := range r.model.Global.Headers.Request {
		names = append(names, strings.ToLower(h.Name)+"$")
	}
	if f := r.model.Global.Forwarded; f != nil && f.Address != "" {
		names = append(names, strings.ToLower(f.Address)+"$")
	}
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			if auth := route.Policy.ExternalAuth; auth != nil {
				for _, name := range auth.Copied {
					names = append(names, strings.ToLower(name)+"$")
				}
			}
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = strings.NewReplacer("-", "[^a-z0-9]", "_", "[^a-z0-9]").Replace(name)
	}
	return "(?i)^(?=.*[^a-z0-9-])(?:" + strings.Join(slices.Compact(names), "|") + ")"
}

// ownHeaders are what the controller sends; proxy-set-headers adds to them.
func ownHeaders() []string {
	return []string{
		"x-request-id", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-scheme",
		"x-scheme", "x-original-forwarded-for", "x-original-forwarded-host",
	}
}

// requestHeaderRules set what the operator wants every server to get.
func (r *renderer) requestHeaderRules() []cfg.Line {
	var out []cfg.Line
	if r.model.Global.Headers.Original {
		out = append(out, setHeader("X-Original-URI", cfg.Print(cfg.Fetch("pathq"))))
	}
	for _, h := range r.model.Global.Headers.Request {
		own := slices.Contains(ownHeaders(), strings.ToLower(h.Name))
		switch {
		case len(h.Value) == 0 && own:
		case len(h.Value) == 0:
			out = append(out, cfg.L("http-request del-header", cfg.HeaderName(h.Name)))
		case own:
			out = append(out, cfg.L("http-request add-header", cfg.HeaderName(h.Name), cfg.Header(r.pieces(h.Value)...)))
		default:
			out = append(out, setHeader(h.Name, r.pieces(h.Value)...))
		}
	}
	return out
}

// answerHeaderRules are for what every client gets.
func (r *renderer) answerHeaderRules() []cfg.Line {
	h := r.model.Global.Headers
	var out []cfg.Line
	for _, name := range h.Hide {
		out = append(out, cfg.L("http-response del-header", cfg.HeaderName(name)))
	}
	if !h.KeepServer {
		out = append(out, cfg.L("http-after-response del-header", cfg.Word("Server")))
	}
	return append(out, r.answerHeaders(h.Response)...)
}

func (r *renderer) answerHeaders(headers []model.Header) []cfg.Line {
	var out []cfg.Line
	for _, h := range headers {
		if len(h.Value) == 0 {
			out = append(out, cfg.L("http-after-response del-header", cfg.HeaderName(h.Name)))
			continue
		}
		out = append(out, cfg.L("http-after-response set-header", cfg.HeaderName(h.Name), cfg.Header(r.pieces(h.Value)...)))
	}
	return out
}

// responseStep changes answers: those of servers, and what the route adds to all.
func (r *renderer) responseStep(g *group) []cfg.Line {
	var out []cfg.Line
	replace := func(name, expression, with string) {
		out = append(out, cfg.L("http-response replace-header", cfg.HeaderName(name), cfg.Word(expression), cfg.Header(cfg.Text(with))))
	}
	if d := g.policy.CookieDomain; d != nil {
		from := strings.TrimPrefix(d.From, ".")
		replace("Set-Cookie", `(?i)^(.*;\s*domain=\.?)`+regexp.QuoteMeta(from)+`(\s*(?:;.*)?)$`, `\1`+strings.TrimPrefix(d.To, ".")+`\2`)
	}
	if p := g.policy.CookiePath; p != nil {
		replace("Set-Cookie", `^(.*;\s*(?i:path)=)`+regexp.QuoteMeta(p.From)+`(.*)$`, `\1`+p.To+`\2`)
	}
	if l := g.policy.Location; l != nil {
		replace("Location", `^`+regexp.QuoteMeta(l.From)+`(.*)$`, l.To+`\1`)
		replace("Refresh", `^(.*(?i:url)=)`+regexp.QuoteMeta(l.From)+`(.*)$`, `\1`+l.To+`\2`)
	}
	return append(out, r.answerHeaders(g.policy.ResponseHeaders)...)
}
