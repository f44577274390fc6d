package runtime

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAbilitiesAreWhatHelpAndTriesSay(t *testing.T) {
	help := "The following commands are valid at this level:\n" +
		"  add map [@<ver>] <map> <key> <val>      : add a map entry\n" +
		"  enable server  (DEPRECATED)             : enable a disabled server\n" +
		"  add server <bk>/<srv>                   : create a new server\n" +
		"  set server <bk>/<srv> [opts]            : change a server's state\n" +
		"  show info [desc]                        : report information\n"
	commands, err := parseHelp(help)
	if err != nil {
		t.Fatal(err)
	}
	can := Abilities{commands: commands, options: map[string]bool{"ssl": true, "verify": true, "proto h2": true}}
	addr := netip.MustParseAddrPort("127.0.0.1:1")
	for _, c := range []struct {
		command Command
		lacks   string
	}{
		{AddMap("m", "k", "v"), ""},
		{DelMap("m", "k"), "del map"},
		{AddServer("b", "s", addr), ""},
		{AddServer("b", "s", addr, "ssl", "verify", "none", "proto", "h2"), ""},
		{AddServer("b", "s", addr, "ssl", "verify", "none", "proto", "fcgi"), "add server … proto fcgi"},
		{AddServer("b", "s", addr, "send-proxy"), "add server … send-proxy"},
		{AddServer("b", "s", addr, "verify"), ""},
		{Cert.Set("f", []byte("x")), "set ssl cert"},
	} {
		if got := can.Lacks(c.command); got != c.lacks {
			t.Errorf("%s lacks %q, want %q", c.command, got, c.lacks)
		}
	}
	if can.Without("add map").Lacks(AddMap("m", "k", "v")) != "add map" || can.Lacks(AddMap("m", "k", "v")) != "" {
		t.Error("Without changes something else")
	}
	if all := can.String(); !strings.HasPrefix(all, "all but add acl, ") || strings.Contains(all, "add map,") || !strings.Contains(all, "add server … sni") {
		t.Errorf("for people: %s", all)
	}
	if none := (Abilities{}).String(); none != "nothing" {
		t.Errorf("for people: %s", none)
	}
	if _, err := parseHelp("Unknown command\n"); err == nil {
		t.Error("what is no help is taken for one")
	}
}

func FuzzHelp(f *testing.F) {
	f.Add("  add map <m>: x\n  show info\n")
	f.Fuzz(func(t *testing.T, reply string) {
		commands, err := parseHelp(reply)
		if (err == nil) != (len(commands) > 0) {
			t.Errorf("%v, %v", commands, err)
		}
	})
}
