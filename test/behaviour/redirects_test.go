package behaviour

import (
	"fmt"
	"net"
	"testing"
)

func TestFromToWWW(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+
		Ingress("bare", "bare.test", "one", []string{"from-to-www-redirect: 'true'"})+
		Ingress("www", "www.long.test", "one", []string{"from-to-www-redirect: 'true'"}), "http://bare.test/")
	_, http, _ := net.SplitHostPort(s.HTTP)
	_, https, _ := net.SplitHostPort(s.HTTPS)
	askPaths(t, s, "http", "www.bare.test", []askedPath{
		{"/p?a=1", "308 http://bare.test:" + http + "/p?a=1"},
		{"/p/", "308 http://bare.test:" + http + "/p"},
		{"/", "308 http://bare.test:" + http},
	})
	askPaths(t, s, "https", "www.bare.test", []askedPath{{"/p", "308 https://bare.test:" + https + "/p"}})
	askPaths(t, s, "http", "bare.test", []askedPath{{"/p", "one /p"}})
	askPaths(t, s, "http", "long.test", []askedPath{{"/p", "308 http://www.long.test:" + http + "/p"}})
	askPaths(t, s, "http", "www.long.test", []askedPath{{"/p", "one /p"}})
	askPaths(t, s, "http", "www.www.long.test", []askedPath{{"/p", "404"}})
}

func TestEveryRedirectCode(t *testing.T) {
	manifests := Backend("one", Echo(t, "one")) + Ingress("plain", "plain.test", "one", nil)
	for code := 300; code <= 308; code++ {
		manifests += Ingress(fmt.Sprintf("p%d", code), fmt.Sprintf("p%d.test", code), "one",
			[]string{"permanent-redirect: https://new.test/", fmt.Sprintf("permanent-redirect-code: '%d'", code)})
	}
	s := Start(t, manifests, "http://plain.test/")
	for code := 300; code <= 308; code++ {
		askPaths(t, s, "http", fmt.Sprintf("p%d.test", code), []askedPath{{"/x?y", fmt.Sprintf("%d https://new.test/", code)}})
	}
}

// TestRedirectComesBeforeHTTPS: nginx answers in the rewrite phase.
func TestRedirectComesBeforeHTTPS(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+
		Ingress("plain", "plain.test", "one", nil)+
		Ingress("fixed", "fixed.test", "one", []string{"permanent-redirect: https://new.test/", "force-ssl-redirect: 'true'"})+
		Ingress("url", "url.test", "one", []string{"rewrite-target: https://x.test/$1", "force-ssl-redirect: 'true'"}, "/r/(.*)")+
		Ingress("both", "both.test", "one", []string{"rewrite-target: https://x.test/", "temporal-redirect: https://new.test/"}, "/")+
		Ingress("rewritten", "rewritten.test", "one", []string{"rewrite-target: /new", "force-ssl-redirect: 'true'"}, "/old"), "http://plain.test/")
	askPaths(t, s, "http", "fixed.test", []askedPath{{"/", "301 https://new.test/"}})
	askPaths(t, s, "http", "url.test", []askedPath{{"/r/a", "302 https://x.test/a"}})
	askPaths(t, s, "http", "both.test", []askedPath{{"/", "302 https://new.test/"}})
	askPaths(t, s, "http", "rewritten.test", []askedPath{{"/old?a", "308 https://rewritten.test/old?a"}})
	askPaths(t, s, "https", "rewritten.test", []askedPath{{"/old?a", "one /new?a"}})
}

func TestSettingsOfRedirects(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+
		Ingress("plain", "plain.test", "one", []string{"force-ssl-redirect: 'true'"}, "/", "/health", "/dir/")+
		Ingress("own", "own.test", "one", []string{"force-ssl-redirect: 'true'", "relative-redirects: 'false'",
			"preserve-trailing-slash: 'false'", "use-port-in-redirects: 'false'"}, "/", "/dir/")+`---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {relative-redirects: "true", preserve-trailing-slash: "true", use-port-in-redirects: "true", no-tls-redirect-locations: "/health,/other"}
`, "http://plain.test/", "--configmap", "default/settings")
	_, https, _ := net.SplitHostPort(s.HTTPS)
	askPaths(t, s, "http", "plain.test", []askedPath{
		{"/p/", "308 https://plain.test:" + https + "/p/"}, {"/dir", "301 /dir/"}, {"/health/x", "one /health/x"},
	})
	askPaths(t, s, "http", "own.test", []askedPath{{"/p/", "308 https://own.test/p"}, {"/dir", "301 http://own.test/dir/"}})
}
