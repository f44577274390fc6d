package explain

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// mostHops is how many addresses of a header are followed.
const mostHops = 10

// forwarded finds the client behind a proxy in front, and what that proxy says of the client. Where the peer is not known
// and only some are believed, nobody is.
func (e *explainer) forwarded() bool {
	e.peer, e.told = e.request.Client, e.scheme()
	f := e.world.Model.Global.Forwarded
	if f == nil {
		return false
	}
	if !e.peer.IsValid() && !f.AnyPeer {
		e.unread = append(e.unread, "Forwarded")
	}
	e.believed = f.Headers && (f.AnyPeer || knows(f, e.peer))
	if proto := e.header("X-Forwarded-Proto"); e.believed && proto != "" {
		e.told = proto
	}
	if f.Address == "" {
		return false
	}
	came := e.addresses(f.Address)
	for hop := 1; hop <= min(mostHops, len(came)) && knows(f, e.request.Client); hop++ {
		address, ok := hopAddress(came[len(came)-hop])
		if !ok {
			break
		}
		e.request.Client = address
	}
	return false
}

// knows reports whether an address is that of a proxy in front; one that is not known is, where all of them are.
func knows(f *model.Forwarded, a netip.Addr) bool {
	if !a.IsValid() {
		return f.AnyPeer
	}
	return slices.ContainsFunc(f.Networks, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// addresses are the items of all lines of a header.
func (e *explainer) addresses(name string) []string {
	var out []string
	for _, h := range e.request.Headers {
		if strings.EqualFold(h.Name, name) {
			for item := range strings.SplitSeq(h.Value, ",") {
				out = append(out, strings.TrimSpace(item))
			}
		}
	}
	return out
}

// hopAddress is an address, which may have a port.
func hopAddress(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a, a.Zone() == ""
	}
	p, err := netip.ParseAddrPort(s)
	return p.Addr(), err == nil && p.Addr().Zone() == ""
}

// forwardedHost is the host that a proxy in front was asked for. The route is found by then.
func (e *explainer) forwardedHost() bool {
	if !e.believed {
		return false
	}
	first, _, _ := strings.Cut(e.header("X-Forwarded-Host"), ",")
	if first = strings.Trim(first, " "); first != "" {
		e.request.Host, e.replaced = first, true
	}
	return false
}

// isPlain holds for clients that speak HTTP, as far as a proxy in front knows it.
func (e *explainer) isPlain() bool { return e.told == "http" }

// forwardedHeaders tell the backend who the client is, and how it came.
func (e *explainer) forwardedHeaders(add func(name, value string)) {
	name, chain := "X-Forwarded-For", false
	if f := e.world.Model.Global.Forwarded; f != nil {
		chain = f.Append && e.believed
		if f.Address != "" {
			name = f.Address
		}
	}
	var lines []string
	for _, h := range e.request.Headers {
		if strings.EqualFold(h.Name, name) && h.Value != "" {
			lines = append(lines, h.Value)
		}
	}
	before := strings.Join(lines, ", ")
	if before != "" {
		add("X-Original-Forwarded-For", before)
	}
	if host := e.header("X-Forwarded-Host"); host != "" {
		add("X-Original-Forwarded-Host", host)
	}
	add("X-Real-IP", e.client())
	switch {
	case chain && before != "":
		add("X-Forwarded-For", before+", "+addressText(e.peer))
	case chain:
		add("X-Forwarded-For", addressText(e.peer))
	default:
		add("X-Forwarded-For", e.client())
	}
	add("X-Forwarded-Host", e.request.Host)
	if port := e.header("X-Forwarded-Port"); e.believed && port != "" {
		add("X-Forwarded-Port", port)
	} else {
		add("X-Forwarded-Port", e.forwardedPort())
	}
	add("X-Forwarded-Proto", e.told)
	add("X-Forwarded-Scheme", e.told)
	add("X-Scheme", e.told)
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return unknownClient
	}
	return a.String()
}
