package live_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/golden"
	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
)

var update = flag.Bool("update", false, "write the tables of docs/runtime.md")

// edit is a change of one Ingress, or of the settings, beside three other sites.
type edit struct {
	what          string
	before, after string // manifests
}

// note changes annotations of an Ingress.
func note(what string, before, after []string) edit {
	return edit{what, ingress("own.test", before...), ingress("own.test", after...)}
}

func list(words ...string) []string { return words }

// values changes the value of one annotation; more are there before and after.
func values(key, before, after string, more ...string) edit {
	return note("`"+key+"`", append(list(key, before), more...), append(list(key, after), more...))
}

func setting(key, before, after string) edit {
	return edit{"`" + key + "`", settings(key, before), settings(key, after)}
}

func canary(annotations ...string) string {
	return ingress("own.test") + strings.Replace(ingress("own.test", append(list("canary", "true"), annotations...)...), "name: own\n", "name: canary\n", 1)
}

func expression(path string) string {
	return strings.NewReplacer("path: /,", "path: '"+path+"',", "Prefix", "ImplementationSpecific").Replace(ingress("own.test", "use-regex", "true"))
}

func routeEdits() []edit {
	own := ingress("own.test")
	tls := func(host, secretHosts string) string { return secured(host, "own") + secret("own", secretHosts) }
	trust := func(data string) string {
		return ingress("own.test", "auth-tls-secret", "a/own-ca") +
			"---\napiVersion: v1\nkind: Secret\nmetadata: {name: own-ca, namespace: a}\nstringData: {" + data + "}\n"
	}
	listed := `ca.crt: "${CA:clients}", ca.crl: "${CRL:clients,alice`
	return []edit{
		{"a host comes, or goes", "", own},
		{"another path", own, strings.Replace(own, "path: /,", "path: /other,", 1)},
		{"a certificate is renewed", tls("own.test", "own.test"), tls("own.test", "own.test,more.test")},
		{"`tls`: comes, or goes", own, tls("own.test", "own.test")},
		{"`canary-weight`", canary("canary-weight", "10"), canary("canary-weight", "50")},
		{"`canary-by-header-value`", canary("canary-by-header", "X-Try", "canary-by-header-value", "a"), canary("canary-by-header", "X-Try", "canary-by-header-value", "b")},
		{"`canary-by-cookie`", canary("canary-by-cookie", "a"), canary("canary-by-cookie", "b")},
		{"`canary`: one comes, or goes", own, canary("canary-weight", "10")},
		values("whitelist-source-range", "10.0.0.0/8", "10.0.0.0/8,192.168.0.0/16"),
		values("denylist-source-range", "192.0.2.1", "192.0.2.2"),
		note("`whitelist-source-range`: comes, or goes", nil, list("whitelist-source-range", "10.0.0.0/8")),
		values("limit-whitelist", "10.0.0.1", "10.0.0.2", "limit-rps", "10"),
		values("limit-rps", "10", "20"),
		values("limit-connections", "10", "20"),
		{"client CAs: one more, of another name", trust(`ca.crt: "${CA:clients}"`), trust(`ca.crt: "${CA:clients}${CA:others}"`)},
		{"client CAs: one of another name", trust(`ca.crt: "${CA:clients}"`), trust(`ca.crt: "${CA:others}"`)},
		{"a revocation list", trust(listed + `}"`), trust(listed + `,bob}"`)},
		{"a revocation list: comes, or goes", trust(`ca.crt: "${CA:clients}"`), trust(listed + `}"`)},
		note("`auth-tls-secret`: comes, or goes", nil, list("auth-tls-secret", "a/ca")),
		values("auth-tls-match-cn", "CN=a", "CN=b", "auth-tls-secret", "a/ca"),
		values("proxy-read-timeout", "60", "120"),
		values("proxy-body-size", "1m", "8m"),
		values("proxy-next-upstream-tries", "2", "3"),
		values("cors-allow-origin", "https://a.test", "https://b.test", "enable-cors", "true"),
		{"`ssl-redirect`", secured("own.test", "own", "ssl-redirect", "true") + secret("own", "own.test"), secured("own.test", "own", "ssl-redirect", "false") + secret("own", "own.test")},
		values("force-ssl-redirect", "true", "false"),
		values("permanent-redirect", "https://a.test", "https://b.test"),
		values("app-root", "/a", "/b"),
		values("from-to-www-redirect", "true", "false"),
		values("server-alias", "a.test", "b.test"),
		values("rewrite-target", "/a", "/b"),
		values("upstream-vhost", "a.test", "b.test"),
		values("x-forwarded-prefix", "/a", "/b", "rewrite-target", "/c"),
		note("`backend-protocol`: HTTPS", nil, list("backend-protocol", "HTTPS")),
		note("`backend-protocol`: GRPC", nil, list("backend-protocol", "GRPC")),
		note("`affinity`", nil, list("affinity", "cookie")),
		values("session-cookie-name", "a", "b", "affinity", "cookie"),
		values("upstream-hash-by", "$remote_addr", "$host"),
		values("auth-url", "http://a.test/", "http://b.test/"),
		values("auth-secret", "users", "others", "auth-type", "basic"),
		values("mirror-target", "http://a.test/", "http://b.test/"),
		values("custom-http-errors", "503", "503,504", "default-backend", "app"),
		{"`configuration-snippet`", settings("allow-snippet-annotations", "true", "annotations-risk-level", "Critical") + ingress("own.test", "configuration-snippet", "more_set_headers 'X-A: 1';"),
			settings("allow-snippet-annotations", "true", "annotations-risk-level", "Critical") + ingress("own.test", "configuration-snippet", "more_set_headers 'X-A: 2';")},
		{"`use-regex`: another expression", expression("/a[0-9]"), expression("/b[0-9]")},
	}
}

func settingEdits() []edit {
	return []edit{
		setting("block-cidrs", "192.0.2.1", "192.0.2.2"),
		setting("block-user-agents", "~*bot", "~*crawler"),
		{"`proxy-real-ip-cidr`", settings("use-forwarded-headers", "true", "proxy-real-ip-cidr", "10.0.0.0/8"), settings("use-forwarded-headers", "true", "proxy-real-ip-cidr", "10.0.0.0/16")},
		setting("whitelist-source-range", "10.0.0.0/8", "10.0.0.0/16"),
		setting("ssl-redirect", "true", "false"),
		setting("proxy-body-size", "1m", "8m"),
		setting("proxy-read-timeout", "60", "120"),
		setting("hsts-max-age", "1000", "2000"),
		setting("ssl-protocols", "TLSv1.2 TLSv1.3", "TLSv1.3"),
		setting("log-format-upstream", "$host", "$status"),
		setting("worker-shutdown-timeout", "240s", "120s"),
		setting("keep-alive", "75", "60"),
	}
}

// TestTheTablesOfEditsAreTrue: which edits are made at run time, for users in docs/runtime.md. They are the same for each
// HAProxy that is supported, or this fails with one of them.
func TestTheTablesOfEditsAreTrue(t *testing.T) {
	s := offline(t)
	const path = "../../../docs/runtime.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := between(t, string(data), "routes", s.table(routeEdits(), true))
	text = between(t, text, "settings", s.table(settingEdits(), false))
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text != string(data) && !*update {
		t.Errorf("%s is not what is found out; run the test with -update and read the difference. It is now:\n%s", path, text)
	}
}

// offline renders and plans without a running HAProxy.
func offline(t *testing.T) *site {
	t.Helper()
	found, err := binary.Probe(t.Context(), haproxyBinary())
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, fixtures: golden.NewFixtures(), port: "8080", options: render.Options{Spares: 256}, can: found.Abilities}
}

// between replaces what stands between two comments.
func between(t *testing.T, text, mark, table string) string {
	t.Helper()
	begin, end := "<!-- "+mark+": written by go test ./internal/haproxy/live -run Edits -update -->\n", "<!-- /"+mark+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("there is no place for the table %s", mark)
	}
	return before + begin + table + end + after
}

func (s *site) table(edits []edit, others bool) string {
	var b strings.Builder
	if others {
		b.WriteString("| edit | nobody has the new value | another route has it |\n|---|---|---|\n")
	} else {
		b.WriteString("| edit | |\n|---|---|\n")
	}
	for _, e := range edits {
		fmt.Fprintf(&b, "| %s | %s |", e.what, s.outcome(e, ""))
		if others {
			twin := strings.ReplaceAll(e.after, "own", "twin")
			fmt.Fprintf(&b, " %s |", s.outcome(e, twin))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// outcome is what becomes of an edit on a worker that has just read everything else.
func (s *site) outcome(e edit, more string) string {
	s.t.Helper()
	rest := more + ingress("first.test") + ingress("second.test", "enable-cors", "true") + secured("third.test", "third") + secret("third", "third.test") + fixed
	there := live.Loaded(s.render(e.before+rest), s.can).Plan(s.render(e.after + rest))
	if there.Empty() {
		s.t.Errorf("%s changes nothing", e.what)
	}
	back := live.Loaded(s.render(e.after+rest), s.can).Plan(s.render(e.before + rest))
	if strings.Contains(e.what, ", or ") { // an edit and its opposite
		return both(said(there), said(back))
	}
	return said(there)
}

func both(there, back string) string {
	if there == back {
		return there
	}
	return there + "; " + back
}

func said(p live.Plan) string {
	if p.Reload {
		return "reload: " + strings.Join(p.Reasons, ", ")
	}
	return "at run time"
}

const fixed = `---
apiVersion: v1
kind: Secret
metadata: {name: ca, namespace: a}
stringData: {ca.crt: "${CA:clients}"}
---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: a}
stringData: {auth: "a:{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00="}
---
apiVersion: v1
kind: Secret
metadata: {name: others, namespace: a}
stringData: {auth: "b:{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00="}
`
