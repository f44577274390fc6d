package oracle

import (
	"slices"
	"strings"
)

type mutation struct {
	name  string
	apply func(*Answer) bool // false: this answer has no such thing
}

func mutations() []mutation {
	return slices.Concat(answerMutations(), bodyMutations(), upstreamMutations(), tlsMutations(), countMutations())
}

func answerMutations() []mutation {
	header := func(name string) func(*Answer) bool {
		return func(a *Answer) bool {
			if _, ok := a.Headers[name]; !ok {
				return false
			}
			a.Headers = map[string][]string{name: {"changed"}}
			return true
		}
	}
	return []mutation{
		{"status", func(a *Answer) bool { a.Status++; return !a.TLS.failed() }},
		{"no answer", func(a *Answer) bool { a.Error = "reset"; return !a.TLS.failed() }},
		{"location", header("Location")},
		{"cookie", header("Set-Cookie")},
		{"hsts", header("Strict-Transport-Security")},
		{"extra header", func(a *Answer) bool {
			a.Headers = map[string][]string{"X-Extra": {"1"}}
			return !a.TLS.failed()
		}},
	}
}

func bodyMutations() []mutation {
	return []mutation{
		{"echo body", func(a *Answer) bool {
			had := strings.HasPrefix(a.Body, "@echo") && a.Body != "@echo a3"
			a.Body = "@echo a3"
			return had
		}},
		{"page instead of echo", func(a *Answer) bool {
			had := strings.HasPrefix(a.Body, "@echo") && a.Body != "@echo a3"
			a.Body = "sorry"
			return had
		}},
		{"echo instead of page", func(a *Answer) bool {
			had := ownPage(*a) && !a.TLS.failed()
			a.Body = "@echo a"
			return had
		}},
		{"long body", func(a *Answer) bool { a.BodyLen--; return a.BodyLen > 0 }},
	}
}

func upstreamMutations() []mutation {
	upstream := func(change func(*Sighting)) func(*Answer) bool {
		return func(a *Answer) bool {
			if a.Upstream.Any || len(a.Upstream.List) == 0 {
				return false
			}
			change(&a.Upstream.List[0])
			return true
		}
	}
	return []mutation{
		{"no upstream", func(a *Answer) bool {
			had := len(a.Upstream.List) > 0
			a.Upstream.List = nil
			return had
		}},
		{"one more upstream", func(a *Answer) bool {
			a.Upstream.List = append(a.Upstream.List, Sighting{Server: "mirror"})
			return !a.Upstream.Any && !a.TLS.failed()
		}},
		{"upstream uri", func(a *Answer) bool {
			if a.Upstream.Any || len(a.Upstream.List) == 0 || a.Upstream.List[0].URI == "/any" {
				return false
			}
			a.Upstream.List[0].URI += "x"
			return true
		}},
		{"upstream host", upstream(func(s *Sighting) { s.Host += "x" })},
		{"upstream method", upstream(func(s *Sighting) { s.Method = "PUT" })},
		{"upstream header gone", upstream(func(s *Sighting) { s.Headers = nil })},
		{"upstream body", upstream(func(s *Sighting) { s.BodyLen++ })},
	}
}

func tlsMutations() []mutation {
	return []mutation{
		{"handshake refused", func(a *Answer) bool {
			if a.TLS == nil || a.TLS.failed() {
				return false
			}
			a.TLS = &ClientTLS{HandshakeError: "EOF"}
			return true
		}},
		{"certificate asked for", func(a *Answer) bool {
			if a.TLS == nil || a.TLS.failed() {
				return false
			}
			changed := *a.TLS
			changed.Requested = !changed.Requested
			a.TLS = &changed
			return true
		}},
		{"certificate shown", func(a *Answer) bool {
			if a.TLS == nil || a.TLS.failed() {
				return false
			}
			changed := *a.TLS
			changed.ServerCert = &ServerCert{CN: "other.test", Issuer: "oracle server CA", Sent: 1}
			a.TLS = &changed
			return true
		}},
	}
}

func countMutations() []mutation {
	return []mutation{
		{"counts", func(a *Answer) bool {
			if len(a.ByStatus) == 0 {
				return false
			}
			a.ByStatus = map[string]Count{"500": {Low: 1, High: 1}}
			return true
		}},
		{"all to one server", func(a *Answer) bool {
			had := len(a.ByServer) > 1
			a.ByServer = map[string]Count{"c": {Low: 1000, High: 1000}}
			return had
		}},
	}
}
