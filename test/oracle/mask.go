package oracle

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A mask turns what was seen here into the form of the recordings, where ports, addresses and generated values have names.
type mask struct {
	place     Place
	httpPort  string
	httpsPort string
	now       time.Time
	cookies   map[string]bool // names of the case's affinity cookies
	issued    map[string]bool // affinity cookies that an answer has set, as name=value
}

// hexID is what a generated request id looks like.
func hexID() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{32}$`) }

// text replaces addresses, ports and the namespace.
func (m mask) text(s string) string {
	pairs := []string{m.place.Namespace, "${NS}", ":" + m.httpPort, ":${HTTP_PORT}", ":" + m.httpsPort, ":${HTTPS_PORT}"}
	all := servers()
	slices.SortStableFunc(all, func(a, b server) int { return int(b.host) - int(a.host) }) // .11 before .1
	for _, s := range all {
		pairs = append(pairs, m.place.Block.addr(s).String(), "${"+s.place+"}")
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

func (m mask) header(name string, values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, m.value(http.CanonicalHeaderKey(name), v))
	}
	return out
}

func (m mask) value(name, v string) string {
	switch name {
	case "X-Request-Id":
		if hexID().MatchString(v) {
			return "<hex32>"
		}
	case "X-Forwarded-Port":
		switch v {
		case m.httpPort:
			return "${HTTP_PORT}"
		case m.httpsPort:
			return "${HTTPS_PORT}"
		}
	case "Ssl-Client-Cert":
		return m.clientCert(v)
	case "Set-Cookie":
		return m.expires(m.setAffinity(v))
	case "Cookie":
		parts := strings.Split(v, "; ")
		for i, p := range parts {
			parts[i] = m.sentAffinity(p)
		}
		return strings.Join(parts, "; ")
	}
	return m.text(v)
}

// setAffinity masks the value of an affinity cookie that an answer sets, and remembers it.
func (m mask) setAffinity(cookie string) string {
	pair, attributes, more := strings.Cut(cookie, ";")
	name, value, _ := strings.Cut(pair, "=")
	if !m.cookies[name] || value == "" {
		return cookie
	}
	m.issued[pair] = true
	if more {
		return name + "=<affinity>;" + attributes
	}
	return name + "=<affinity>"
}

// sentAffinity masks an affinity cookie that a client sends back.
func (m mask) sentAffinity(pair string) string {
	if !m.issued[pair] {
		return pair
	}
	name, _, _ := strings.Cut(pair, "=")
	return name + "=<affinity>"
}

// expires turns a date into how far ahead it is, to the minute.
func (m mask) expires(cookie string) string {
	parts := strings.Split(cookie, "; ")
	for i, p := range parts {
		name, date, _ := strings.Cut(p, "=")
		if !strings.EqualFold(name, "expires") {
			continue
		}
		at, err := http.ParseTime(date)
		if err != nil {
			continue
		}
		ahead := at.Sub(m.now).Round(time.Minute)
		parts[i] = "Expires=<now+" + strconv.Itoa(int(ahead.Seconds())) + "s>"
	}
	return strings.Join(parts, "; ")
}

// clientCert names the certificate that v is the encoded PEM of; the encoding must be nginx's to the byte.
func (m mask) clientCert(v string) string {
	for _, name := range slices.Sorted(maps.Keys(m.place.PKI.client)) {
		if v == escapeComponent(certPEM(m.place.PKI.client[name].Certificate[0])) {
			return "<URL-encoded PEM of client " + name + ">"
		}
	}
	return v
}

// escapeComponent writes every byte but the unreserved ones as %XX.
func escapeComponent(text []byte) string {
	var b strings.Builder
	for _, c := range text {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// sighting masks what an upstream server saw.
func (m mask) sighting(s Sighting) Sighting {
	headers := map[string][]string{}
	for name, values := range s.Headers {
		headers[name] = m.header(name, values)
	}
	s.Headers = headers
	s.Host, s.URI = m.text(s.Host), m.text(s.URI)
	return s
}

// answer masks what the client got.
func (m mask) answer(name string, raw rawAnswer, saw []Sighting) Answer {
	a := Answer{Name: name, Status: raw.status, Proto: raw.proto, Interim: raw.interim, Trailers: raw.trailers, TLS: raw.tls,
		TookS: raw.took.Seconds(), Headers: map[string][]string{}}
	for header, values := range raw.fields {
		a.Headers[header] = m.header(header, values)
	}
	switch echo := echoOf(raw.body); {
	case echo != "":
		a.Body = "@echo " + echo
	case len(raw.body) >= longBody:
		a.BodyLen, a.BodySHA256 = len(raw.body), hashOf(raw.body)
	default:
		a.Body = m.text(string(raw.body))
	}
	for _, s := range saw {
		a.Upstream.List = append(a.Upstream.List, m.sighting(s))
	}
	if raw.err != nil {
		a.Error = m.text(raw.err.Error())
	}
	return a
}

// longBody is the size from which bodies are compared by hash.
const longBody = 4096
