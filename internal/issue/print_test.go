package issue

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func sample() List {
	return List{
		{
			Code: ClientCAMissing, Severity: Error, Effect: Withheld,
			Object: Ref{Kind: "Ingress", Namespace: "shop", Name: "web", File: "shop.yaml", Line: 12},
			Field:  "nginx.ingress.kubernetes.io/auth-tls-secret", Message: "Secret shop/ca does not exist",
			Suggestion: "nginx.ingress.kubernetes.io/auth-tls-secret: shop/clients",
		},
		{
			Code: ManifestUnknown, Severity: Info, Effect: None,
			Object:  Ref{Kind: "Deployment", File: "shop.yaml", Line: 40},
			Message: "2 objects of this kind are not read.",
		},
		{
			Code: ManifestParse, Severity: Error, Effect: Ignored,
			Object: Ref{File: "broken.yaml", Line: 3}, Message: "Tabs don't indent.",
		},
		{
			Code: ManifestParse, Severity: Error, Effect: Ignored,
			Object: Ref{File: "big.yaml"}, Message: "The file is too large.",
		},
		{
			Code: BadSetting, Severity: Warning, Effect: Ignored,
			Object: Ref{Kind: "ConfigMap", Namespace: "ingress", Name: "settings"},
			Field:  "client-ca", Message: "Bad\n\x1b[31mvalue\xff\u202e.", Suggestion: "client-ca: a/b\nclient-crt-optional: \"true\"\n",
		},
	}
}

const sampleText = `error    big.yaml [manifest/parse]
         The file is too large. Effect: ignored.
error    broken.yaml:3 [manifest/parse]
         Tabs don't indent. Effect: ignored.
info     Deployment (shop.yaml:40) [manifest/unknown-kind]
         2 objects of this kind are not read. Effect: none.
warning  ConfigMap ingress/settings [configmap/bad-value]
         client-ca: Bad\x0a\x1b[31mvalue\xff\u202e. Effect: ignored.
         Write instead: client-ca: a/b
                        client-crt-optional: "true"
error    Ingress shop/web (shop.yaml:12) [client-cert/secret-missing]
         nginx.ingress.kubernetes.io/auth-tls-secret: Secret shop/ca does not exist. Effect: withheld.
         Write instead: nginx.ingress.kubernetes.io/auth-tls-secret: shop/clients
`

func TestWriteTextIsSortedAlignedAndPrintable(t *testing.T) {
	var b strings.Builder
	if err := WriteText(&b, append(sample(), sample()...)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleText, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteJSONReadsBackSorted(t *testing.T) {
	in := sample()
	var b strings.Builder
	if err := WriteJSON(&b, in); err != nil {
		t.Fatal(err)
	}
	var out List
	if err := json.Unmarshal([]byte(b.String()), &out); err != nil {
		t.Fatal(err)
	}
	want := in.Sorted()
	for n := range want {
		want[n].Message = strings.ToValidUTF8(want[n].Message, "\ufffd")
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(b.String(), `"effect": "withheld"`) {
		t.Errorf("effect is not spelled out:\n%s", b.String())
	}
}

func TestNoIssues(t *testing.T) {
	var text, js strings.Builder
	if err := errors.Join(WriteText(&text, nil), WriteJSON(&js, nil)); err != nil {
		t.Fatal(err)
	}
	if text.String() != "" || js.String() != "[]\n" {
		t.Errorf("text %q, json %q", text.String(), js.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReturned(t *testing.T) {
	if WriteText(full{}, sample()) == nil || WriteJSON(full{}, sample()) == nil {
		t.Error("a failed write was not returned")
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\x1b[2J\x9b\u2028\ufeff\xff")
	f.Fuzz(func(t *testing.T, s string) {
		out := Printable(s)
		if !utf8.ValidString(out) || strings.ContainsFunc(out, hidden) {
			t.Errorf("%q became %q", s, out)
		}
	})
}
