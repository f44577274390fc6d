package nginx

import (
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/model"
)

func TestParseProtocols(t *testing.T) {
	for text, want := range map[string][2]model.TLSVersion{
		"TLSv1.2 TLSv1.3":               {model.TLS12, model.TLS13},
		"TLSv1.3":                       {model.TLS13, model.TLS13},
		"TLSv1.2 TLSv1 TLSv1.1 TLSv1.2": {model.TLS10, model.TLS12},
	} {
		if got, err := parseProtocols(text); err != nil || got != want {
			t.Errorf("%q is %v: %v", text, got, err)
		}
	}
	for _, text := range []string{"", "SSLv3", "TLSv1.1 TLSv1.3", "tlsv1.2", "TLSv1.2,TLSv1.3"} {
		if got, err := parseProtocols(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseUnitTime(t *testing.T) {
	for text, want := range map[string]string{"240s": "4m0s", "12m": "12m0s", "2h": "2h0m0s", "7": "7s"} {
		if got, err := parseUnitTime(text); err != nil || got.String() != want {
			t.Errorf("%q is %s: %v", text, got, err)
		}
	}
	for _, text := range []string{"", "s", "-1s", "25h", "9999999999999h", "1d", "1m30s"} {
		if got, err := parseUnitTime(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// FuzzValues: nothing gets through that could end a word of a header, an expression or a list.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"a b", "/one /two", "X-One, X_Two", "text/html *", "ECDHE:!aNULL@SECLEVEL=1", "http://a/?b=c&d", "a\r\nb: c", "1h"} {
		f.Add(seed)
	}
	clean := func(t *testing.T, words ...string) {
		for _, w := range words {
			if w == "" || strings.ContainsFunc(w, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
				t.Errorf("%q gets through", w)
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if pair, err := parsePair(s); err == nil && pair != nil {
			clean(t, pair.From, pair.To)
		}
		if part, err := parseURLPart(s); err == nil {
			clean(t, part)
		}
		if names, err := parseHidden(s); err == nil {
			clean(t, names...)
		}
		if types, err := parseMediaTypes(s); err == nil {
			clean(t, types...)
		}
		if ciphers, err := parseCiphers(s); err == nil {
			clean(t, ciphers)
		}
		if name, err := parseForwardedName(s); err == nil {
			clean(t, name)
		}
		if d, err := parseUnitTime(s); err == nil && d < 0 {
			t.Errorf("%q is %s", s, d)
		}
	})
}
