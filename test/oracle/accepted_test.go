package oracle

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEntriesAreReadAndWritten(t *testing.T) {
	text := `
# a comment
safer mtls/secret-no-ca status=403,upstream "good" "no \"one\"" : A Secret without ca.crt closes the host.
chosen mtls/* Server="a b, \"c\"",status=403 : Just so.
haproxy? a/b status : Since 3.0.
haproxy upstream/* up.Content-Length : Bodies are streamed.
pending path-matching/no-host status "http/1.0 none"
`
	all, err := ParseEntries(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.String())
	}
	want := strings.Split(strings.TrimSpace(text), "\n")[1:]
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}

func TestBadEntriesAreRefused(t *testing.T) {
	for _, text := range []string{"safer", "safer a/b", "other a/b status : x", "safer a/b status", "safer [ status : x", `pending a/b status "x`, "pending a/b status x", "pending a/b ,status", `pending a/b x="`, "pending a/b x=", `pending a/b x="1"y`, "pending? a/b x"} {
		if e, err := ParseEntries(strings.NewReader(text)); err == nil {
			t.Errorf("%q was read as %+v", text, e)
		}
	}
}

// TestRatchet checks both directions: what isn't listed fails, and what is listed and gone fails.
func TestRatchet(t *testing.T) {
	entries, err := ParseEntries(strings.NewReader(`haproxy? a/x other : not here
safer a/x status=403 : closed
pending a/y status,Location "one" "two"`))
	if err != nil {
		t.Fatal(err)
	}
	finding := func(c, request, field, got string) Finding {
		return Finding{c, request, Difference{field, "200", got}}
	}
	full := []Finding{finding("a/x", "get", "status", "403"), finding("a/y", "one", "status", "404"), finding("a/y", "one", "Location", "/"),
		finding("a/y", "two", "status", "404"), finding("a/y", "two", "Location", "/")}
	unlisted, stale, classes := Sort(full, entries)
	if len(unlisted)+len(stale) > 0 || len(classes[Safer]) != 1 || len(classes[Pending]) != 4 {
		t.Errorf("unlisted %v, stale %v, classes %v", unlisted, stale, classes)
	}
	for i := range full {
		less := append(append([]Finding{}, full[:i]...), full[i+1:]...)
		if _, stale, _ := Sort(less, entries); len(stale) == 0 {
			t.Errorf("without %v nothing is stale", full[i])
		}
	}
	for _, more := range []Finding{finding("a/x", "get", "status", "404"), finding("a/x", "get", "body", ""), finding("a/y", "three", "status", "404"), finding("a/z", "one", "status", "404")} {
		if unlisted, _, _ := Sort(append([]Finding{more}, full...), entries); len(unlisted) != 1 {
			t.Errorf("%v is accepted", more)
		}
	}
}

func TestPendingEntriesAcceptExactlyTheirFindings(t *testing.T) {
	findings := []Finding{
		{"a/x", "get", Difference{"status", "200", "404"}},
		{"a/x", "get", Difference{"upstream", "a", ""}},
		{"a/x", "post", Difference{"upstream", "a", ""}},
		{"a/x", "post", Difference{"status", "200", "404"}},
		{"a/x", `odd "name"`, Difference{"Location", "/", "(absent)"}},
	}
	var text strings.Builder
	for _, e := range PendingEntries(findings) {
		text.WriteString(e.String() + "\n")
	}
	want := `pending a/x status,upstream "get" "post"
pending a/x Location "odd \"name\""
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
	entries, err := ParseEntries(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if unlisted, stale, _ := Sort(findings, entries); len(unlisted)+len(stale) > 0 {
		t.Error(unlisted, stale)
	}
}

func FuzzParseEntries(f *testing.F) {
	f.Add("safer a/b status=403 \"x\" : why")
	f.Add("pending a/* x,y \"\\\"\" \"b\"")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseEntries(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, e := range all {
			again, err := ParseEntries(strings.NewReader(e.String()))
			if err != nil || len(again) != 1 {
				t.Fatalf("%q is written as %q, which is read as %v, %v", text, e, again, err)
			}
			e.Line = 1
			if diff := cmp.Diff(e, again[0]); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReader(bytes.NewReader(in))
		h, err := readHead(r)
		if err != nil {
			return
		}
		statusOf(h.start)
		if body, _ := readBody(r, h, true); len(body) > len(in) {
			t.Fatalf("%d bytes of body from %d bytes of input", len(body), len(in))
		}
	})
}

func FuzzSections(f *testing.F) {
	f.Add("alone\nflags --x\n", `[{"name":"x"}]`, `{"answers":[{"name":"x","upstream":"~","headers":{"A":"~"},"by_status":{"200":"~1..2"}}]}`)
	f.Fuzz(func(t *testing.T, options, requests, recorded string) {
		var c Case
		for name, text := range map[string]string{"options": options, "requests.json": requests, "recorded.json": recorded} {
			if c.section(name, []byte(text)) != nil {
				return
			}
		}
		for _, a := range c.Answers {
			for _, n := range a.ByStatus {
				if n.Low > n.High {
					t.Fatalf("count %+v", n)
				}
			}
			Compare(a, a)
		}
	})
}

func FuzzObjects(f *testing.F) {
	f.Add("kind: Ingress\nmetadata: {name: x}\nspec: {rules: [{host: a}]}\n---\nkind: Secret\nmetadata: {}\n")
	f.Fuzz(func(t *testing.T, in string) {
		all, err := objects(in, "ns", time.Unix(0, 0))
		if err != nil {
			return
		}
		hostnames(all)
		if got := update(all, nil); len(got) != len(all) {
			t.Fatalf("an empty update changed %d objects to %d", len(all), len(got))
		}
	})
}
