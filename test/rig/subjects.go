package rig

import (
	"encoding/asn1"
	"strings"
)

// makeNames makes clients whose subjects are hard to print, to match and to
// put into a header.
func (p *PKI) makeNames() error {
	bmp := "\x00g\x00o\x00o\x00d\x00\xe4"
	odd := attribute{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 2}, utf8String, "x"}
	subjects := []struct {
		name string
		dn   []byte
	}{
		{"cn-mallory", person("mallory")},
		{"cn-good-evil", person("good-evil")},
		{"cn-in-ou", name(country("AT"), ou("CN=good"), cn("mallory"))},
		{"cn-comma", person("good, of course")},
		{"cn-quote", person(`say "good"`)},
		{"cn-backslash", person(`good\evil`)},
		{"cn-plus", person("good+evil;<x>=y")},
		{"cn-space", person(" good ")},
		{"cn-hash", person("#good")},
		{"cn-utf8", person("gööd ☂")},
		{"cn-percent", person("good%0d%0aX-Evil: 1%00")},
		{"cn-crlf", person("good\r\nX-Evil: 1")},
		{"cn-nul", person("good\x00evil")},
		{"cn-t61", name(country("AT"), cn("g\xf6od").as(t61String))},
		{"cn-bmp", name(country("AT"), cn(bmp).as(bmpString))},
		{"cn-bad-utf8", name(country("AT"), cn("good\xff\xfe"))},
		{"cn-newline", person("mallory\nCN=good")},
		{"cn-dollar", person("$host ${x} good")},
		{"dn-multi", nameOf([]attribute{country("AT")}, []attribute{cn("good"), ou("first")}, []attribute{cn("second")})},
		{"dn-email", name(cn("good"), email("a@b.test"))},
		{"dn-oid", name(odd, cn("good"))},
		{"dn-empty", name()},
		{"dn-long", name(org(strings.Repeat("o", 3000)), cn("good"))},
	}
	for _, s := range subjects {
		if err := p.issue(s.name, p.main, s.dn, nil); err != nil {
			return err
		}
	}
	return nil
}
