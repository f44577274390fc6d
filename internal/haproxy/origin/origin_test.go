package origin

import (
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	web  = issue.Ref{Kind: "Ingress", Namespace: "shop", Name: "web"}
	odd  = issue.Ref{Kind: "Ingress", Namespace: "shop", Name: "o_d"}
	pair = []issue.Ref{odd, web}
)

func bundle(t *testing.T, entries ...[2]string) *haproxy.Bundle {
	t.Helper()
	b := haproxy.NewBundle()
	b.Frame = haproxy.Text{Bytes: []byte("global\n  daemon\n"), Origins: [][]issue.Ref{nil, nil, {web, web, {}}}}
	b.Backends = []*haproxy.Backend{{Name: "shop:web:cart:80", Owner: web, Rules: haproxy.Text{Bytes: []byte("backend x\n"), Origins: [][]issue.Ref{nil, {web}}}}}
	for _, e := range entries {
		k, err := cfg.NewMapKey(e[0])
		if err != nil {
			t.Fatal(err)
		}
		v, err := cfg.NewMapValue(e[1])
		if err != nil {
			t.Fatal(err)
		}
		b.Maps["maps/m.map"] = append(b.Maps["maps/m.map"], cfg.MapEntry{Key: k, Value: v})
	}
	b.Certs["certs/x.pem"] = haproxy.File{Data: []byte("KEY"), From: []issue.Ref{{Kind: "Secret", Namespace: "shop", Name: "tls"}}}
	return b
}

func TestEntriesOfMapsAreFound(t *testing.T) {
	m := &model.Model{Hosts: []*model.Host{{Name: "shop.test", Origins: pair}, {Name: "*.wild.test", Aliases: []model.Hostname{"*.ali.test"}, Origins: []issue.Ref{odd}}}}
	for _, c := range []struct {
		key, value string
		want       []issue.Ref
	}{
		{"shop.test", "shop.test", pair},
		{"shop.test/a|b", "l|shop:web:cart:80", []issue.Ref{web}},
		{"shop.test/x", "c503|shop:o_5fd:-:-", []issue.Ref{odd}},
		{"shop.test/x", "c503|shop:other:-:-", pair},
		{".wild.test", "*.wild.test", []issue.Ref{odd}},
		{".ali.test", "*.wild.test", []issue.Ref{odd}},
		{"*.wild.test", "on", []issue.Ref{odd}},
		{"shop:web:cart:80", "x;1", []issue.Ref{web}},
		{"shop:web:cart:80|s1", "m", []issue.Ref{web}},
		{"7", "certificate signature failure", nil},
	} {
		lines := Of(bundle(t, [2]string{c.key, c.value}), m)
		i := slices.IndexFunc(lines, func(l Line) bool { return l.File == "maps/m.map" })
		if i < 0 || !slices.Equal(lines[i].From, c.want) {
			t.Errorf("%s %s is of %v, wanted %v", c.key, c.value, lines[i].From, c.want)
		}
	}
}

func TestLinesOfTheMainFile(t *testing.T) {
	lines := Of(bundle(t), &model.Model{})
	want := []Line{
		{"haproxy.cfg", 1, "global", []issue.Ref{}}, {"haproxy.cfg", 2, "  daemon", []issue.Ref{web}}, {"haproxy.cfg", 3, "", []issue.Ref{}},
		{"haproxy.cfg", 4, "backend x", []issue.Ref{web}}, {"certs/x.pem", 0, "(a certificate with its key, not shown)", []issue.Ref{{Kind: "Secret", Namespace: "shop", Name: "tls"}}},
	}
	if !slices.EqualFunc(lines, want, func(a, b Line) bool {
		return a.File == b.File && a.Number == b.Number && a.Text == b.Text && slices.Equal(a.From, b.From)
	}) {
		t.Errorf("%+v", lines)
	}
}

func TestObject(t *testing.T) {
	for text, want := range map[string]issue.Ref{
		"Ingress/shop/web": web, "IngressClass/nginx": {Kind: "IngressClass", Name: "nginx"},
		"": {}, "Ingress": {}, "Ingress/": {}, "a/b/c/d": {}, "/a/b": {}, "Ingress//web": {},
	} {
		if got, err := Object(text); got != want || (err == nil) != (want != issue.Ref{}) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

func FuzzObject(f *testing.F) {
	f.Add("Ingress/shop/web")
	f.Add("IngressClass/nginx")
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := Object(text)
		if err != nil {
			return
		}
		parts := []string{ref.Kind, ref.Namespace, ref.Name}
		if got := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/"); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}

func FuzzEntry(f *testing.F) {
	f.Add("shop.test/a c503|shop:o_5fd:-:-")
	f.Add("_ _|_5:_:_:_")
	n := names{owners: map[string]issue.Ref{"shop:web:cart:80": web}, hosts: map[string]*model.Host{"shop.test": {Origins: pair}}}
	f.Fuzz(func(t *testing.T, text string) {
		for _, from := range n.entry(text) {
			if !slices.Contains(pair, from) {
				t.Errorf("%q is of %v", text, from)
			}
		}
	})
}
