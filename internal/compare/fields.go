package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
	"github.com/hawser-ingress/hawser/internal/echo"
)

// observed is an answer as it is compared: field -> value.
type observed map[string]string

// absent is the value of a field that one side does not have.
const absent = "(absent)"

// ownBody is the body of an answer that the controller writes itself.
const ownBody = "the controller's own page"

// observe turns a pair of answers into what is compared. When one has no answer, or another status, only that is: the
// rest follows from it.
func (m masks) observe(r probe.Request, left, right answer) (l, o observed) {
	l, o = m.of(left, right).fields(r, left).text(), m.of(right, left).fields(r, right).text()
	if l["body"] == ownBody && o["body"] == ownBody {
		l.drop("header.content-type")
		o.drop("header.content-type")
	}
	if l["outcome"] == o["outcome"] && l["status"] == o["status"] {
		return l, o
	}
	if left.outcome != right.outcome {
		for _, one := range []observed{l, o} {
			one["outcome"] = strings.TrimSpace(one["outcome"] + " " + one["status"])
		}
		l.drop("status", "location")
		o.drop("status", "location")
	}
	l.drop("header.", "body", "saw.")
	o.drop("header.", "body", "saw.")
	return l, o
}

// text writes bytes that are no UTF-8 as \xNN, so that values which differ do so in JSON and YAML too.
func (o observed) text() observed {
	for field, value := range o {
		if utf8.ValidString(value) {
			continue
		}
		var b strings.Builder
		for len(value) > 0 {
			c, size := utf8.DecodeRuneInString(value)
			if c == utf8.RuneError && size == 1 {
				fmt.Fprintf(&b, `\x%02x`, value[0])
			} else {
				b.WriteString(value[:size])
			}
			value = value[size:]
		}
		o[field] = b.String()
	}
	return o
}

// drop removes the fields with these beginnings.
func (o observed) drop(prefixes ...string) {
	for _, prefix := range prefixes {
		maps.DeleteFunc(o, func(field, _ string) bool { return strings.HasPrefix(field, prefix) })
	}
}

func (m masks) fields(r probe.Request, a answer) observed {
	out := observed{"outcome": string(a.outcome)}
	if a.alert != "" {
		out["tls.alert"] = a.alert
	}
	if r.Handshake && a.handshake != nil {
		a.handshake.fields(r.SNI, out)
	}
	if a.outcome != answered {
		return out
	}
	out["status"] = strconv.Itoa(a.status)
	if location := a.header.Get("Location"); location != "" {
		out["location"] = m.text(location)
	}
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		lower := strings.ToLower(name)
		if lower == "location" {
			continue
		}
		if value, ok := m.header(lower, a.header[name]); ok {
			out["header."+lower] = value
		}
	}
	m.body(a, out)
	return out
}

func (m masks) body(a answer, out observed) {
	if a.ended != "" {
		out["body.end"] = a.ended
	}
	if a.whole() && ownPage(a.body) {
		out["body"] = ownBody
		return
	}
	if seen, ok := parseEcho(a); ok {
		m.saw(seen, out)
		return
	}
	if a.ended == "" {
		out["body"] = fmt.Sprintf("%d bytes, SHA-256 %s", a.length, a.sum)
	}
}

// saw is what an echo backend saw of the request, field by field. Where the connection came from is left out: a
// controller takes any port.
func (m masks) saw(q echo.Request, out observed) {
	out["body"] = "what an echo backend saw"
	out["saw.server"] = q.Server
	out["saw.method"] = q.Method
	out["saw.uri"] = q.URI
	out["saw.proto"] = q.Proto
	out["saw.host"] = m.text(q.Host)
	out["saw.body"] = fmt.Sprintf("%d bytes, SHA-256 %s", q.BodyLen, q.BodySHA256)
	for name, values := range q.Headers {
		if value, ok := m.header(name, values); ok {
			out["saw.header."+name] = value
		}
	}
	if q.TLS != nil {
		out["saw.tls"] = fmt.Sprintf("%s, name %q, client %q", q.TLS.Version, q.TLS.SNI, q.TLS.Client)
	}
}

// parseEcho reads the answer of Hawser's echo backend, and takes nothing else for one.
func parseEcho(a answer) (echo.Request, bool) {
	var q echo.Request
	if !a.whole() || a.length == 0 || a.body[0] != '{' {
		return q, false
	}
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if d.Decode(&q) != nil || q.Server == "" || q.Method == "" || q.Proto == "" || q.BodySHA256 == "" {
		return q, false
	}
	_, err := d.Token()
	return q, err == io.EOF
}

// fields are those of the connection.
func (h *handshake) fields(name string, out observed) {
	out["tls.version"] = h.version
	out["tls.protocol"] = h.protocol
	out["tls.asks-for-certificate"] = strconv.FormatBool(h.asked)
	if h.asked {
		out["tls.authorities"] = strings.Join(h.names, " | ")
	}
	c := h.leaf
	if c == nil {
		return
	}
	if h.selfMade(name) {
		out["certificate.fingerprint"] = "self-made by the controller"
		return
	}
	out["certificate.fingerprint"] = fingerprint(c)
	out["certificate.subject"] = c.Subject.String()
	out["certificate.issuer"] = c.Issuer.String()
	out["certificate.names"] = names(c)
	out["certificate.expires"] = expiry(c)
	out["certificate.intermediates"] = strconv.Itoa(h.intermediates)
}

// differing lists the fields that are not the same, the most telling first.
func differing(l, r observed) []string {
	all := map[string]bool{}
	for _, o := range []observed{l, r} {
		for field := range o {
			if l.value(field) != r.value(field) {
				all[field] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all), compareFields)
}

func (o observed) value(field string) string {
	if v, ok := o[field]; ok {
		return v
	}
	return absent
}

func compareFields(a, b string) int {
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra - rb
	}
	return strings.Compare(a, b)
}

// rank orders fields by how much they say about an answer.
func rank(field string) int {
	for i, prefix := range []string{"outcome", "status", "location", "tls.", "certificate.", "saw.server", "saw.method", "saw.uri", "saw.host", "saw.", "body", "header."} {
		if strings.HasPrefix(field, prefix) {
			return i
		}
	}
	return 99
}
