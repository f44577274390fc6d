package probe

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// route asks for one path of an Ingress.
func (v *visit) route(r *model.Route) {
	from := owner(r.Ingress)
	samples := samplePaths(r.Match)
	if len(samples) == 0 {
		v.leave("no path is found that an expression matches", v.name+" "+r.Match.Path)
		return
	}
	kind := Path
	if c := v.policy(); c != nil && c.Verify != model.VerifyOff && v.carried() == None {
		kind = NoCertificate
	}
	if r.Policy.BasicAuth != nil || r.Policy.ExternalAuth != nil {
		kind = NoCredentials
	}
	for _, target := range samples {
		v.send(kind, target, Request{Ingress: from})
		v.add(Request{Kind: Plain, Ingress: from, Host: v.name, Target: target})
		if v.options.Quick {
			continue
		}
		query := target + "?hawser=compare&empty=&space=%20a+b"
		v.send(Query, query, Request{Ingress: from})
		v.add(Request{Kind: Plain, Ingress: from, Host: v.name, Target: query})
		if _, forwards := r.Action.(model.Forward); forwards {
			v.edges(target, from)
		}
	}
	if _, forwards := r.Action.(model.Forward); forwards && !v.options.Quick {
		v.features(samples[0], r)
	}
}

// edges asks for what is beside a path. Paths are written so that they differ in one thing at a time.
func (v *visit) edges(path, from string) {
	ask := func(kind Kind, target string) { v.send(kind, target, Request{Ingress: from}) }
	v.send(Head, path, Request{Method: "HEAD", Ingress: from})
	trimmed := strings.TrimSuffix(path, "/")
	ask(Below, trimmed+"/"+word)
	ask(Dots, "/"+word+"/.."+path)
	ask(DoubleSlash, "/"+path)
	if trimmed == "" {
		return
	}
	if trimmed == path {
		ask(Slash, path+"/")
	} else {
		ask(Slash, trimmed)
	}
	ask(Suffix, trimmed+"hawser")
	last := strings.LastIndexByte(trimmed, '/') + 1
	ask(Sibling, trimmed[:last]+word)
	if upper := upperPath(path); upper != path {
		ask(Case, upper)
	}
	if c := trimmed[last:]; c != "" && c[0] != '%' {
		ask(Encoded, fmt.Sprintf("%s%%%02X%s", path[:last], path[last], path[last+1:]))
	}
	ask(EncodedSlash, trimmed+"%2F"+word)
}

// upperPath leaves escapes as they are.
func upperPath(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			b.WriteString(path[i : i+3])
			i += 2
			continue
		}
		b.WriteString(strings.ToUpper(path[i : i+1]))
	}
	return b.String()
}

// samplePaths gives paths, percent-encoded, that satisfy a match.
func samplePaths(m model.Match) []string {
	if m.Kind != model.Regex {
		return []string{escape(m.Path)}
	}
	var out []string
	for _, s := range sampleExpression(m.Path, func(_, s string) bool {
		normal, err := model.NormalPath(escape(s))
		return err == nil && m.Matches(normal)
	}) {
		out = append(out, escape(s))
	}
	return out
}

// escape percent-encodes what can't stand in a path as it is (RFC 3986, 3.3).
func escape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
