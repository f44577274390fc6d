package explain

import (
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// How a name leads to a host.
const (
	matchExact    = "exact"
	matchAlias    = "alias"
	matchWildcard = "wildcard"
	matchPattern  = "alias-pattern"
	matchCatchAll = "catch-all"
	matchNone     = "none"
)

// names finds hosts by name.
type names struct {
	exact, alias map[string]*model.Host
	suffix       map[string]*model.Host // ".example.com"
	certSuffix   map[string]*model.Host // the same, with aliases: only certificates are found by these
	patterns     []pattern
	catchAll     *model.Host
}

// pattern is an alias that is an expression. nil: Go doesn't have its syntax.
type pattern struct {
	expression *regexp.Regexp
	host       *model.Host
}

func newNames(m *model.Model) names {
	n := names{exact: map[string]*model.Host{}, alias: map[string]*model.Host{}, suffix: map[string]*model.Host{}, certSuffix: map[string]*model.Host{}}
	for _, h := range m.Hosts {
		switch {
		case h.Name == "":
			n.catchAll = h
		case h.Name.Wildcard():
			n.suffix[h.Name.Suffix()], n.certSuffix[h.Name.Suffix()] = h, h
		default:
			n.exact[string(h.Name)] = h
		}
		for _, a := range h.Aliases {
			if a.Wildcard() {
				n.certSuffix[a.Suffix()] = h
			} else {
				n.alias[string(a)] = h
			}
		}
		for _, text := range h.Patterns {
			expression, err := regexp.Compile(text)
			if err != nil {
				expression = nil
			}
			n.patterns = append(n.patterns, pattern{expression, h})
		}
	}
	return n
}

// hostOf is the name in a Host header: lower case, without port and trailing dots.
func hostOf(header string) string {
	name, _, _ := strings.Cut(header, ":")
	return strings.ToLower(strings.TrimRight(name, "."))
}

// malformed is what no client with good intentions sends as Host.
var malformed = regexp.MustCompile(`[\x00-\x20/\\\x7f]`)

// find returns nil with matchNone.
func (n names) find(name string) (*model.Host, string) {
	if h, how := n.known(name); h != nil {
		return h, how
	}
	if n.catchAll != nil {
		return n.catchAll, matchCatchAll
	}
	return nil, matchNone
}

// known finds a host that has the name, the catch-all aside.
func (n names) known(name string) (*model.Host, string) {
	if h := n.exact[name]; h != nil {
		return h, matchExact
	}
	if h := n.alias[name]; h != nil {
		return h, matchAlias
	}
	if h := n.suffix[parent(name)]; h != nil {
		return h, matchWildcard
	}
	for _, p := range n.patterns {
		if p.expression != nil && p.expression.MatchString(name) {
			return p.host, matchPattern
		}
	}
	return nil, ""
}

// server finds the host whose certificate and policy a handshake gets: expressions do not count there. own is false for
// an alias, which has the default certificate.
func (n names) server(sni string) (h *model.Host, own bool) {
	if h := n.exact[sni]; h != nil {
		return h, true
	}
	if h := n.alias[sni]; h != nil {
		return h, false
	}
	h = n.certSuffix[parent(sni)]
	return h, h != nil && n.suffix[parent(sni)] == h
}

// parent cuts the first label off, for which a wildcard stands.
func parent(name string) string {
	return strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")
}
