package explain_test

import (
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/explain"
)

// TestCanariesAgreeWithHAProxy asks where chance has no say.
func TestCanariesAgreeWithHAProxy(t *testing.T) {
	s := serve(t, fixtures(t), canaries)
	chosen := 0
	for _, host := range []string{"word.test", "value.test", "pattern.test", "all.test", "zero.test", "empty.test"} {
		for _, header := range []string{"", "Which-One: always", "Which-One: never", "Which-One: yes", "Which-One: abc", "Which-One: abcd", "Cookie: canary=always", "Cookie: a=b; canary=never", "Cookie: canary=x"} {
			for _, scheme := range []string{"http", "https"} {
				q := question{url: scheme + "://" + host + "/x?y=1", header: header}
				t.Run(q.String(), func(t *testing.T) {
					if said := s.compare(t, q); said != nil && said.Canary != nil && said.Canary.Chosen == "yes" {
						chosen++
					}
				})
			}
		}
	}
	if chosen < 20 {
		t.Errorf("the canary was chosen only %d times", chosen)
	}
}

func TestChanceIsTold(t *testing.T) {
	s := serve(t, fixtures(t), canaries)
	said := s.world.Explain(s.request(question{url: "http://some.test/"}))
	var text strings.Builder
	if err := explain.WriteText(&text, said); err != nil {
		t.Fatal(err)
	}
	if c := said.Canary; c == nil || c.Chosen != "chance" || c.Service != "a/two:80" || strings.Join(said.Result.Unless, "") != "Canary" || said.Backend.Service != "a/one:80" {
		t.Errorf("%+v, %+v", said.Canary, said.Result)
	}
	if want := "may be chosen: by chance, 20 of 100 requests"; !strings.Contains(text.String(), want) {
		t.Errorf("there is no %q in\n%s", want, text.String())
	}
}

// TestForwardedAgreesWithHAProxy lets a proxy in front say who the client is, for each setting.
func TestForwardedAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	for name, keys := range map[string][]string{
		"headers":  {`use-forwarded-headers: "true"`},
		"believed": {`use-forwarded-headers: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8,10.0.0.0/8"},
		"strange":  {`use-forwarded-headers: "true"`, "proxy-real-ip-cidr: 10.0.0.0/8"},
		"append":   {`use-forwarded-headers: "true"`, `compute-full-forwarded-for: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8"},
		"address":  {`enable-real-ip: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8,10.0.0.0/8"},
		"name":     {`enable-real-ip: "true"`, "forwarded-for-header: Came-From", "proxy-real-ip-cidr: 127.0.0.0/8"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, f, proxied+settings(keys...))
			for _, host := range []string{"plain.test", "forced.test", "root.test", "listed.test", "vhost.test", "cert.test"} {
				for _, header := range []string{"", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 198.51.100.7, 192.0.2.9, 10.0.0.1", "X-Forwarded-For: nobody, 10.1.1.1", "X-Forwarded-For: 192.0.2.1:99",
					"Came-From: 192.0.2.4", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http", "X-Forwarded-Host: other.test", "X-Forwarded-Host: other.test:8 , third.test", "X-Forwarded-Port: 8443"} {
					for _, scheme := range []string{"http", "https"} {
						q := question{url: scheme + "://" + host + "/", header: header}
						t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
					}
				}
			}
		})
	}
}
