package behaviour

import "testing"

// TestBrokenAliasExpression leaves the alias out, and nothing else.
func TestBrokenAliasExpression(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+
		Ingress("plain", "plain.test", "one", nil)+
		Ingress("broken", "broken.test", "one", []string{`server-alias: '~^v(\.test$'`})+
		Ingress("alias", "alias.test", "one", []string{`server-alias: '~^w[0-9]\.test$'`}), "http://plain.test/")
	askPaths(t, s, "http", "plain.test", []askedPath{{"/", "one /"}})
	askPaths(t, s, "http", "broken.test", []askedPath{{"/", "one /"}})
	askPaths(t, s, "http", "w1.test", []askedPath{{"/", "one /"}})
}

func TestAliases(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+Backend("two", Echo(t, "two"))+
		Ingress("one", "one.test", "one", []string{`server-alias: 'two.test,a.b.test,*.wild.test,.dot.test,mail.*,~^V[0-9]\.test$'`})+
		Ingress("two", "two.test", "two", nil)+
		Ingress("wild", "*.b.test", "two", nil)+
		Ingress("forced", "forced.test", "one", []string{"server-alias: forced-alias.test", "force-ssl-redirect: 'true'"}), "http://one.test/")
	client := s.Client()
	for host, want := range map[string]string{
		"one.test": "one", "two.test": "two", "a.b.test": "one", "b.b.test": "two", "b.test": "404",
		"x.wild.test": "one", "x.y.wild.test": "one", "wild.test": "404", "dot.test": "one", "x.dot.test": "one",
		"mail.test": "one", "mail.x.y": "one", "mail": "404", "v1.test": "one", "v12.test": "404",
		"forced.test": "308", "forced-alias.test": "308",
	} {
		if got := ask(t, client, "http://"+host+"/"); got != want {
			t.Errorf("%s is answered by %s, wanted is %s", host, got, want)
		}
	}
}
