package process

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The lines are those of HAProxy 2.6, 3.0 and 3.2.
func TestParseLog(t *testing.T) {
	cases := []struct {
		line string
		want Diagnostic
	}{
		{
			`[ALERT]    (25298) : config : parsing [h2.cfg:22] : unknown keyword 'bogus' in 'backend' section`,
			Diagnostic{Level: Alert, PID: 25298, File: "h2.cfg", Line: 22, Text: `unknown keyword 'bogus' in 'backend' section`},
		},
		{
			`[ALERT]    (7) : Binding [/s/h.cfg:9] for frontend f: cannot bind socket (Permission denied) for [::1:80]`,
			Diagnostic{Level: Alert, PID: 7, File: "/s/h.cfg", Line: 9, Text: `for frontend f: cannot bind socket (Permission denied) for [::1:80]`},
		},
		{
			`[ALERT]    (7) : config : parsing [a.cfg:10] : error detected while parsing an 'http-request deny' condition : '10.0.0.0/99' is not a valid IPv4 or IPv6 address at line 1 of file '/x/acl.lst'.`,
			Diagnostic{
				Level: Alert, PID: 7, File: "a.cfg", Line: 10, Inner: Location{"/x/acl.lst", 1},
				Text: `error detected while parsing an 'http-request deny' condition : '10.0.0.0/99' is not a valid IPv4 or IPv6 address at line 1 of file '/x/acl.lst'.`,
			},
		},
		{
			`[ALERT]    (7) : config : parsing [a.cfg:9] : 'bind :1' in section 'frontend' : 'crt-list' : parsing [/x/list.txt:3]: unknown ssl keyword bogus`,
			Diagnostic{
				Level: Alert, PID: 7, File: "a.cfg", Line: 9, Inner: Location{"/x/list.txt", 3},
				Text: `'bind :1' in section 'frontend' : 'crt-list' : parsing [/x/list.txt:3]: unknown ssl keyword bogus`,
			},
		},
		{
			`[ALERT]    (3459) : config : Proxy 'f': unable to find required use_backend: 'nope'.`,
			Diagnostic{Level: Alert, PID: 3459, Proxy: "f", Text: `Proxy 'f': unable to find required use_backend: 'nope'.`},
		},
		{
			`[ALERT]    (3485) : Proxy 'f': unable to find required use_backend: 'nope'.`,
			Diagnostic{Level: Alert, PID: 3485, Proxy: "f", Text: `Proxy 'f': unable to find required use_backend: 'nope'.`},
		},
		{
			`[ALERT]    (1) : [/usr/sbin/haproxy.main()] Cannot raise FD limit to 200029, limit is 20000.`,
			Diagnostic{Level: Alert, PID: 1, Text: `[/usr/sbin/haproxy.main()] Cannot raise FD limit to 200029, limit is 20000.`},
		},
		{`[NOTICE]   (1) : New worker (2) forked`, Diagnostic{Level: Notice, PID: 1, Text: "New worker (2) forked"}},
		{`[WARNING]  (1) : config : missing timeouts`, Diagnostic{Level: Warning, PID: 1, Text: "missing timeouts"}},
		{`  | frontend f`, Diagnostic{Level: Other, Text: "| frontend f"}},
		{`[odd] line`, Diagnostic{Level: Other, Text: "[odd] line"}},
	}
	for _, c := range cases {
		got := ParseLog(c.line + "\n\n")
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s\n got %+v\nwant %+v", c.line, got, c.want)
		}
	}
}

// TestSeverityOfServers: what follows from a command is for debugging, what a server or DNS does by itself is not.
func TestSeverityOfServers(t *testing.T) {
	for line, want := range map[string]slog.Level{
		"[WARNING]  (7) : Server b/s is UP/READY (leaving forced maintenance).":                                                                  slog.LevelDebug,
		"[WARNING]  (7) : CLI : Server b/s is UP/READY (leaving forced maintenance).":                                                            slog.LevelDebug,
		"[WARNING]  (7) : Server b/s is going DOWN for maintenance. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remain": slog.LevelDebug,
		"[ALERT]    (7) : CLI : backend 'b' has no server available!":                                                                            slog.LevelDebug,
		"[WARNING]  (7) : Server b/s is going DOWN for maintenance (No IP for server). 0 active and 0 backup servers left.":                      slog.LevelWarn,
		"[WARNING]  (7) : Server b/s is DOWN, reason: Layer4 timeout, check duration: 1ms.":                                                      slog.LevelWarn,
		"[ALERT]    (7) : config : backend 'b' has no server.":                                                                                   slog.LevelError,
	} {
		if got := ParseLog(line)[0].severity(); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestMentions(t *testing.T) {
	d := Diagnostic{Text: `Couldn't open the ca-file '/s/ca/a.pem' (no certificate); unable to load /s/ca/b.pem.`}
	for file, want := range map[string]bool{
		"/s/ca/a.pem": true, "/s/ca/b.pem": true, "a.pem": false, "/s/ca": false, "/s/ca/a.pe": false, "": false,
	} {
		if d.Mentions(file) != want {
			t.Errorf("%q: %t", file, !want)
		}
	}
}

func TestBindErrorsNameTheAddress(t *testing.T) {
	for text, want := range map[string]string{
		"for frontend f: cannot bind socket (Address already in use) for [127.0.0.1:80]":                            "cannot bind 127.0.0.1:80: address already in use",
		"for frontend f: protocol tcpv6: cannot bind socket (Permission denied) for [::1:80].":                      "cannot bind [::1]:80: permission denied",
		"for frontend f: protocol unix_stream: cannot bind UNIX socket (No such file or directory) [/nope/x.sock].": "cannot bind /nope/x.sock: no such file or directory",
	} {
		if err := bindErrors([]Diagnostic{{Level: Alert, Text: text}}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := bindErrors([]Diagnostic{{Text: "unknown keyword"}}); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "h.cfg")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := "defaults\n  mode http\n  timeout client 1s\n  timeout connect 1s\n  timeout server 1s\nfrontend f\n  bind 127.0.0.1:1\n  default_backend b\nbackend b\n"
	write(good)
	if log, err := Check(t.Context(), binary(), file); err != nil || len(log) != 0 {
		t.Errorf("good: %v, %v", log, err)
	}
	write(good + "  server s 127.0.0.1:1\n  bogus\n  server s 127.0.0.1:1 wrong\n")
	_, err := Check(t.Context(), binary(), file)
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok || len(refused.Alerts) != 2 || refused.Alerts[0].Line != 11 || refused.Alerts[1].Line != 12 || refused.Alerts[0].File != file {
		t.Errorf("broken: %v", err)
	}
	write(strings.Replace(good, "  timeout client 1s\n", "", 1))
	if log, err := Check(t.Context(), binary(), file); err != nil || len(log) == 0 || log[0].Level != Warning {
		t.Errorf("warning: %v, %v", log, err)
	}
	if _, err := Check(t.Context(), binary(), file+".none"); err == nil {
		t.Error("a missing file passes")
	}
	if _, err := Check(t.Context(), "/nowhere/haproxy", file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing binary: %v", err)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add("[ALERT]    (1) : config : parsing [a:1] : x at line 3 of file 'y'")
	f.Add("[ALERT](")
	f.Add("[ALERT] (1) : parsing [a:99999999999999999999]")
	f.Fuzz(func(t *testing.T, line string) {
		d, ok := parseLine(line)
		if ok == (strings.TrimSpace(line) == "") {
			t.Fatalf("%q: %t", line, ok)
		}
		if (d.File == "") != (d.Line == 0) || d.Line < 0 || (d.Inner.File == "") != (d.Inner.Line == 0) {
			t.Fatalf("half a place: %+v", d)
		}
		d.Mentions(line)
		alertsOf([]Diagnostic{d})
		bindErrors([]Diagnostic{d})
	})
}
