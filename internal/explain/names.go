package explain

import (
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// How a name leads to a host.
const (
	matchExact    = "exact"
	matchWildcard = "wildcard"
	matchCatchAll = "catch-all"
	matchNone     = "none"
)

// names finds hosts by name.
type names struct {
	exact    map[string]*model.Host
	suffix   map[string]*model.Host // ".example.com"
	catchAll *model.Host
}

func newNames(m *model.Model) names {
	n := names{exact: map[string]*model.Host{}, suffix: map[string]*model.Host{}}
	for _, h := range m.Hosts {
		for _, name := range append([]model.Hostname{h.Name}, h.Aliases...) {
			switch {
			case name == "":
				n.catchAll = h
			case name.Wildcard():
				n.suffix[name.Suffix()] = h
			default:
				n.exact[string(name)] = h
			}
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
	if h := n.known(name); h != nil {
		if n.exact[name] != nil {
			return h, matchExact
		}
		return h, matchWildcard
	}
	if n.catchAll != nil {
		return n.catchAll, matchCatchAll
	}
	return nil, matchNone
}

// known finds a host that has the name, the catch-all aside. A wildcard stands for the first label.
func (n names) known(name string) *model.Host {
	if h := n.exact[name]; h != nil {
		return h
	}
	return n.suffix[strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")]
}
