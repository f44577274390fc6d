package explain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// WriteJSON writes the answer as one object.
func WriteJSON(w io.Writer, a *Answer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(a); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// WriteText writes the answer for a reader, then the issues in the form of every command.
func WriteText(w io.Writer, a *Answer) error {
	var t text
	t.line("Request", strings.TrimSpace(a.Request.Method+" "+a.Request.Scheme+"://"+a.Request.Host+a.Request.Target))
	if a.Request.Scheme != "tcp" {
		t.host(a.Host)
	}
	if a.TLS != nil {
		t.line("TLS", fmt.Sprintf("name %s, %s", cmp.Or(a.TLS.SNI, "none"), certificateText(a.TLS.Certificate)))
	}
	t.policy(a)
	if a.Path != nil && a.Path.Raw != a.Path.Normal {
		t.line("Path", strconv.Quote(a.Path.Normal)+", which is what routes are compared with")
	}
	if r := a.Route; r != nil {
		t.line("Route", fmt.Sprintf("%s %s of %s: %s", r.Kind, r.Path, place(r.Ingress), r.Why))
	}
	t.list("Settings", len(a.Settings), func(i int) string {
		s := a.Settings[i]
		return fmt.Sprintf("%s: %s  (%s%s)", s.Key, s.Value, place(s.From), supportNote(s.Support))
	})
	if c := a.Canary; c != nil {
		words := map[string]string{canaryYes: "chosen", canaryNo: "not chosen", canaryChance: "may be chosen"}
		t.line("Canary", fmt.Sprintf("%s of %s is %s: %s", c.Service, place(c.Ingress), words[c.Chosen], c.Why))
	}
	if a.Backend != nil {
		t.line("Backend", a.Backend.Service+": "+cmp.Or(strings.Join(a.Backend.Endpoints, ", "), "no endpoint"))
		if a.Backend.Target != "" {
			t.line("", "gets "+a.Backend.Target)
		}
	}
	t.result(a.Result)
	t.list("Backend sees", len(a.Headers), func(i int) string { return a.Headers[i].Name + ": " + a.Headers[i].Value })
	t.live(a.Live)
	if len(a.Issues) > 0 {
		t.b.WriteByte('\n')
	}
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return issue.WriteText(w, a.Issues)
}

// text is lines with a label in front.
type text struct{ b strings.Builder }

// column is as wide as the labels.
const column = 14

func (t *text) line(label, value string) {
	fmt.Fprintf(&t.b, "%-*s%s\n", column, label, printable(value))
}

func (t *text) list(label string, n int, item func(int) string) {
	for i := range n {
		t.line(label, item(i))
		label = ""
	}
}

func (t *text) host(h Host) {
	switch h.Match {
	case matchNone:
		t.line("Host", "no Ingress has it, and there is no catch-all")
		return
	case matchCatchAll:
		t.line("Host", "no Ingress has it: the catch-all serves")
	default:
		t.line("Host", fmt.Sprintf("%s (%s)", h.Name, h.Match))
	}
	t.list("", len(h.Ingresses), func(i int) string { return "of " + place(h.Ingresses[i]) })
}

func (t *text) policy(a *Answer) {
	p := a.ClientCert
	if p == nil {
		if a.Host.Match != matchNone {
			t.line("Client cert", "not asked for")
		}
		return
	}
	t.line("Client cert", p.Verify+", decided by "+place(p.From))
	if p.Reason != "" {
		t.line("", "closed: "+p.Reason)
	}
	if len(p.Authorities) > 0 {
		t.line("", fmt.Sprintf("authorities of Secret %s, at most %d intermediates, %s", p.Secret, p.Depth, revocationText(p.Revocation)))
	}
	t.list("", len(p.Authorities), func(i int) string { return "  " + p.Authorities[i] })
	for _, more := range [][2]string{{"the subject must match ", p.MatchCN}, {"without a valid one to ", p.ErrorPage}, {"ignored errors: ", strings.Join(p.Ignored, ", ")}} {
		if more[1] != "" {
			t.line("", more[0]+more[1])
		}
	}
	if p.HideCANames {
		t.line("", "clients are not told which authorities are accepted")
	}
	switch {
	case p.Shown != nil && p.Shown.Code == 0:
		t.line("", "shown: "+p.Shown.Subject+", valid")
	case p.Shown != nil:
		t.line("", fmt.Sprintf("shown: %s, %s (%d %s)", p.Shown.Subject, p.Shown.Text, p.Shown.Code, p.Shown.Name))
	case a.TLS != nil && p.Verify != model.VerifyDeny.String():
		t.line("", "shown: none")
	}
}

func (t *text) result(r Result) {
	switch r.From {
	case FromBackend, FromPassthrough:
		t.line("Answer", "of the backend: "+r.Why)
	case FromHandshake, FromNobody:
		t.line("Answer", "none: "+r.Why)
	default:
		t.line("Answer", fmt.Sprintf("%d: %s", r.Status, r.Why))
	}
	if r.Location != "" {
		t.line("", "Location: "+r.Location)
	}
	t.list("", len(r.Headers), func(i int) string { return r.Headers[i].Name + ": " + r.Headers[i].Value })
	if len(r.Unless) > 0 {
		t.line("", "unless one of these answers first: "+strings.Join(r.Unless, ", "))
	}
}

func (t *text) live(l *Live) {
	if l == nil {
		return
	}
	at := fmt.Sprintf("%s (version %s)", l.Admin, l.Version)
	switch {
	case l.Same:
		t.line("Live", "yes: "+at+" serves the host like that; endpoints are not compared")
	case !l.Routes:
		t.line("Live", "no: "+at+" serves something else: "+cmp.Or(l.Host, "no host")+", with other routes, policies or certificates")
	default:
		t.line("Live", "no: "+at+" has other settings for all hosts; are the flags the same?")
	}
	t.line("", "it says: "+l.Text)
}

func place(r issue.Ref) string {
	if r.File == "" {
		return r.String()
	}
	return fmt.Sprintf("%s, %s:%d", r, r.File, r.Line)
}

func certificateText(id string) string {
	if id == "" {
		return "the default certificate"
	}
	return "certificate of Secret " + id
}

func revocationText(checked bool) string {
	if checked {
		return "revocation checked"
	}
	return "no revocation list"
}

func supportNote(support string) string {
	if support == "full" {
		return ""
	}
	return "; support: " + support
}

// printable keeps text of a manifest or certificate from driving a terminal.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}
