package explain

import (
	"net/netip"
	"testing"
)

func TestHopAddress(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "2001:db8::1": "2001:db8::1", "[2001:db8::1]:80": "2001:db8::1",
		"": "", "nobody": "", "192.0.2": "", "fe80::1%eth0": "", "_hidden": "",
	} {
		got, ok := hopAddress(text)
		if ok != (want != "") || ok && got != netip.MustParseAddr(want) {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
}

func FuzzHopAddress(f *testing.F) {
	f.Add("192.0.2.1:80")
	f.Add("[::1]:1")
	f.Fuzz(func(t *testing.T, text string) {
		if a, ok := hopAddress(text); ok && (!a.IsValid() || a.Zone() != "") {
			t.Errorf("%q is %v", text, a)
		}
	})
}
