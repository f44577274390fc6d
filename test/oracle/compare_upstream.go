package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// servers compares which upstream servers were asked, in order; it reports whether they differ or can't be compared.
func (d *differences) servers(want, got Answer) bool {
	if want.Upstream.Any {
		return true
	}
	var w, g []string
	for i, s := range want.Upstream.List {
		w = append(w, s.Server)
		if s.Server == "~" && i < len(got.Upstream.List) {
			w[i] = got.Upstream.List[i].Server
		}
	}
	for _, s := range got.Upstream.List {
		g = append(g, s.Server)
	}
	d.text("upstream", strings.Join(w, " "), strings.Join(g, " "))
	return !slices.Equal(w, g)
}

// sighting compares one request as the upstream server saw it. HTTP/1.0 and 1.1 are alike.
func (d *differences) sighting(want, got Sighting) {
	prefix := "up."
	if got.Server == "auth" || got.Server == "mirror" || got.Server == "errors" {
		prefix = got.Server + "."
	}
	d.text(prefix+"proto", major(want.Proto), major(got.Proto))
	d.text(prefix+"method", want.Method, got.Method)
	if want.URI != "~" {
		d.text(prefix+"uri", want.URI, got.URI)
	}
	d.text(prefix+"host", want.Host, got.Host)
	d.text(prefix+"body", want.bodyText(), got.bodyText())
	d.headers(prefix, upstreamHeaders(want), upstreamHeaders(got))
	if want.TLS != nil || got.TLS != nil {
		d.text(prefix+"tls", fmt.Sprintf("%+v", want.TLS), fmt.Sprintf("%+v", got.TLS))
	}
}

// upstreamHeaders leaves out how the connection is kept, but not that it is upgraded.
func upstreamHeaders(s Sighting) map[string][]string {
	out := canonical(s.Headers)
	delete(out, "Keep-Alive")
	if !strings.EqualFold(strings.Join(out["Connection"], ""), "upgrade") {
		delete(out, "Connection")
	} else {
		out["Connection"] = []string{"upgrade"}
	}
	return out
}

func major(proto string) string { return strings.TrimSuffix(strings.TrimSuffix(proto, ".1"), ".0") }

func (s Sighting) bodyText() string {
	text := fmt.Sprintf("%d bytes %.8s", s.BodyLen, s.BodySHA256)
	if s.BodyCut {
		text += ", cut off"
	}
	return text
}
