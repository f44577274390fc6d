package haproxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
)

func TestNamesOfACertificateShareALine(t *testing.T) {
	b := haproxy.NewBundle()
	add := func(name, file string, options ...cfg.CrtOption) {
		t.Helper()
		e, err := cfg.NewCrtEntry(file, options, []string{name})
		if err != nil {
			t.Fatal(err)
		}
		b.CrtLists["list"] = append(b.CrtLists["list"], e)
		b.AddLine("list", []issue.Ref{{Name: name}})
	}
	none, optional, ca := cfg.CrtOpt("verify", "none"), cfg.CrtOpt("verify", "optional"), cfg.CrtOpt("ca-file", "ca.pem")
	add("!*", "a.pem", none)
	add("one.test", "a.pem", none)
	add("other.test", "b.pem", none)
	add("closed.test", "a.pem", optional, ca)
	add("*.two.test", "a.pem", none)
	add("locked.test", "a.pem", optional, ca)
	add("ciphers.test", "a.pem", none, cfg.CrtOpt("ciphers", "AES128-SHA"))
	add("three.test", "a.pem", none)

	const want = `a.pem [verify none] !*
a.pem [verify none] one.test *.two.test three.test
b.pem [verify none] other.test
a.pem [verify optional ca-file ca.pem] closed.test
a.pem [verify optional ca-file ca.pem] locked.test
a.pem [verify none ciphers AES128-SHA] ciphers.test
`
	if got := string(b.Files()["list"].Data); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	number := 0
	for line := range strings.Lines(want) {
		number++
		for _, from := range b.OriginsOf("list", number) {
			if !strings.Contains(line, " "+from.Name) {
				t.Errorf("line %d is said to come from %s", number, from.Name)
			}
		}
		if got, names := len(b.OriginsOf("list", number)), len(strings.Fields(line[strings.Index(line, "]"):]))-1; got != names {
			t.Errorf("line %d has %d names and %d objects", number, names, got)
		}
	}
}

func TestALineHoldsABoundedNumberOfNames(t *testing.T) {
	for label, want := range map[string]int{"short": 4, strings.Repeat("x", 60) + "." + strings.Repeat("y", 60) + "." + strings.Repeat("z", 60) + "." + strings.Repeat("v", 60): 4} {
		b := haproxy.NewBundle()
		for n := range 200 {
			e, err := cfg.NewCrtEntry("a.pem", []cfg.CrtOption{cfg.CrtOpt("verify", "none")}, []string{fmt.Sprintf("n%03d.%s", n, label)})
			if err != nil {
				t.Fatal(err)
			}
			b.CrtLists["list"] = append(b.CrtLists["list"], e)
		}
		lines, from := b.CrtLines("list")
		total := 0
		for _, l := range lines {
			total += len(l.Names())
			if len(l.String()) > 15000 {
				t.Errorf("a line has %d bytes", len(l.String()))
			}
		}
		if total != 200 || len(lines) != want || len(from) != want+1 {
			t.Errorf("%d names on %d lines, %d origins; want 200 on %d", total, len(lines), len(from), want)
		}
	}
}
