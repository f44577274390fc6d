package oracle

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
)

// A Difference is one field in which an answer is not the recorded one.
type Difference struct {
	Field     string
	Want, Got string
}

// Compare says where got differs from the recorded want. Not compared: what a replacement need not copy (nginx's page bodies and their type
// and length, Date, Server where nginx hides it, the connection's own headers), and whatever the recording holds as "~".
// When the status differs, only it and the upstream servers are named: the rest follows from it.
func Compare(want, got Answer) []Difference {
	d := &differences{}
	if got.Error != "" || want.TLS.failed() || got.TLS.failed() {
		d.text("error", outcome(want), outcome(got))
		return d.list
	}
	d.text("status", fmt.Sprint(want.Status), fmt.Sprint(got.Status))
	same := len(d.list) == 0
	d.counts("by_status", want.ByStatus, got.ByStatus)
	d.counts("by_server", want.ByServer, got.ByServer)
	if want.Sequence != "" && want.Sequence != "~" && len(want.ByServer) <= 2 {
		d.text("sequence", want.Sequence, got.Sequence)
	}
	if !d.servers(want, got) && same {
		for i, w := range want.Upstream.List {
			d.sighting(w, got.Upstream.List[i])
		}
	}
	if !same {
		return d.list
	}
	d.text("proto", want.Proto, got.Proto)
	d.text("interim", fmt.Sprint(want.Interim), fmt.Sprint(got.Interim))
	d.headers("", answerHeaders(want, ownPage(want)), answerHeaders(got, ownPage(want)))
	d.headers("trailer.", want.Trailers, got.Trailers)
	d.body(want, got)
	d.took(want.TookS, got.TookS)
	d.tls(want.TLS, got.TLS)
	return d.list
}

type differences struct{ list []Difference }

func (d *differences) text(field, want, got string) {
	if want != got {
		d.list = append(d.list, Difference{field, want, got})
	}
}

// failed says that there was no answer because the handshake didn't end.
func (t *ClientTLS) failed() bool { return t != nil && t.HandshakeError != "" }

// outcome is the short word for an answer where one of the two has none.
func outcome(a Answer) string {
	switch {
	case a.TLS.failed():
		return "handshake refused"
	case a.Error != "":
		return "no answer: " + a.Error
	default:
		return fmt.Sprint(a.Status)
	}
}

// ownPage says that the proxy wrote the answer itself, so that its body is its own affair.
func ownPage(a Answer) bool {
	return a.Body != "~" && !strings.HasPrefix(a.Body, "@echo") && a.BodyLen == 0 && (len(a.Upstream.List) == 0 || a.Body != "")
}

func answerHeaders(a Answer, own bool) map[string][]string {
	out := canonical(a.Headers)
	for _, name := range []string{"Date", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding"} {
		delete(out, name)
	}
	if own {
		delete(out, "Content-Type")
	}
	return out
}

// canonical folds spellings of header names; nginx keeps the case that a client or upstream server used, HAProxy doesn't, and neither matters.
func canonical(in map[string][]string) map[string][]string {
	out := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		key := http.CanonicalHeaderKey(name)
		out[key] = append(out[key], in[name]...)
	}
	return out
}

func (d *differences) headers(prefix string, want, got map[string][]string) {
	names := maps.Clone(want)
	if names == nil {
		names = map[string][]string{}
	}
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if slices.Equal(want[name], []string{"~"}) {
			continue
		}
		d.text(prefix+name, lines(want, name), lines(got, name))
	}
}

func lines(h map[string][]string, name string) string {
	values, ok := h[name]
	if !ok {
		return "(absent)"
	}
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, sameAffinity(v))
	}
	return strings.Join(out, " | ")
}

// sameAffinity reads a sticky value that was the same in both recordings as one that varies.
func sameAffinity(v string) string { return strings.ReplaceAll(v, "<hex32>|<hex32>", "<affinity>") }

func (d *differences) body(want, got Answer) {
	switch {
	case want.Body == "~":
	case ownPage(want):
		if strings.HasPrefix(got.Body, "@echo") {
			d.text("body", "own page", got.Body)
		}
	default:
		d.text("body", bodyOf(want), bodyOf(got))
	}
}

func bodyOf(a Answer) string {
	if a.BodyLen > 0 {
		return fmt.Sprintf("%d bytes, %.8s", a.BodyLen, a.BodySHA256)
	}
	return a.Body
}

// took compares to within a second and a half: retries after timeouts add whole seconds, a busy machine doesn't.
func (d *differences) took(want, got float64) {
	if math.Abs(want-got) > 1.5 {
		d.text("took", fmt.Sprintf("%.1fs", want), fmt.Sprintf("%.1fs", got))
	}
}

func (d *differences) tls(want, got *ClientTLS) {
	if want == nil || got == nil {
		d.text("tls", fmt.Sprint(want != nil), fmt.Sprint(got != nil))
		return
	}
	d.text("tls.version", want.Version, got.Version)
	d.text("tls.alpn", want.ALPN, got.ALPN)
	d.text("tls.cert", certOf(want.ServerCert), certOf(got.ServerCert))
	d.text("tls.requested", fmt.Sprint(want.Requested), fmt.Sprint(got.Requested))
	d.text("tls.acceptable_cas", strings.Join(want.AcceptableCAs, ", "), strings.Join(got.AcceptableCAs, ", "))
}

// certOf names a certificate; the controller's own default one may have any name.
func certOf(c *ServerCert) string {
	switch {
	case c == nil:
		return "none"
	case !strings.HasPrefix(c.Issuer, "oracle "):
		return "the controller's own"
	default:
		return fmt.Sprintf("%s by %s, %d sent", c.CN, c.Issuer, c.Sent)
	}
}
