package probe

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// features asks a route for what its policy is about.
func (v *visit) features(target string, r *model.Route) {
	v.cors(target, r)
	v.credentials(target, r)
	v.addresses(target, r)
	v.canary(target, r)
	v.body(target, r)
}

func (v *visit) cors(target string, r *model.Route) {
	c := r.Policy.CORS
	if c == nil {
		return
	}
	from, origin := owner(r.Ingress), "https://"+stranger
	if !c.AnyOrigin && len(c.Origins) > 0 {
		origin = strings.Replace(c.Origins[0].Pattern, "*", word, 1)
	}
	v.send(Preflight, target, Request{Method: "OPTIONS", Ingress: from, Headers: []Header{
		{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}, {"Access-Control-Request-Headers", "x-hawser-compare"},
	}})
	v.send(CORS, target, Request{Ingress: from, Headers: []Header{{"Origin", origin}}})
	v.send(ForeignOrigin, target, Request{Ingress: from, Headers: []Header{{"Origin", "https://foreign." + stranger}}})
}

func (v *visit) credentials(target string, r *model.Route) {
	if r.Policy.BasicAuth == nil && r.Policy.ExternalAuth == nil {
		return
	}
	wrong := "Basic " + base64.StdEncoding.EncodeToString([]byte(word+":wrong"))
	v.send(WrongCredentials, target, Request{Ingress: owner(r.Ingress), Headers: []Header{{"Authorization", wrong}}})
}

// addresses claims to be another client: a controller that believes X-Forwarded-For decides by it, any other by the
// address that it sees, which only the PROXY protocol can change.
func (v *visit) addresses(target string, r *model.Route) {
	a := r.Policy.Addresses
	if a == nil {
		return
	}
	if !v.options.Proxy {
		v.leave("asking from other addresses needs controllers with the PROXY protocol, and --proxy-protocol", v.name+target)
	}
	claim := func(header, proxy Kind, address netip.Addr) {
		v.send(header, target, Request{Ingress: owner(r.Ingress), Headers: []Header{{"X-Forwarded-For", address.String()}}})
		if v.options.Proxy {
			v.send(proxy, target, Request{Ingress: owner(r.Ingress), From: address.String()})
		}
	}
	if len(a.Allow) > 0 {
		claim(ClaimsAllowed, FromAllowed, a.Allow[0].Addr())
	}
	switch {
	case len(a.Deny) > 0:
		claim(ClaimsDenied, FromDenied, a.Deny[0].Addr())
	case len(a.Allow) > 0:
		if address, ok := outside(a.Allow); ok {
			claim(ClaimsDenied, FromDenied, address)
		}
	}
}

// outside finds an address that is in none of the networks, among those that are for documentation.
func outside(networks []netip.Prefix) (netip.Addr, bool) {
	for _, s := range []string{"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"} {
		address := netip.MustParseAddr(s)
		if !slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) }) {
			return address, true
		}
	}
	return netip.Addr{}, false
}

func (v *visit) canary(target string, r *model.Route) {
	c := r.Canary
	if c == nil {
		return
	}
	from := owner(c.Ingress)
	if c.Header != "" {
		value := "always"
		switch c.By {
		case model.HeaderWord, model.HeaderBroken:
		case model.HeaderValue:
			value = c.Value
		case model.HeaderPattern:
			if found := sampleExpression(c.Value, matchesAnywhere); len(found) > 0 {
				value = found[0]
			}
		}
		v.send(CanaryHeader, target, Request{Ingress: from, Headers: []Header{{c.Header, value}}})
		v.send(CanaryNever, target, Request{Ingress: from, Headers: []Header{{c.Header, "never"}}})
	}
	if c.Cookie != "" {
		v.send(CanaryCookie, target, Request{Ingress: from, Headers: []Header{{"Cookie", c.Cookie + "=always"}}})
	}
	if c.Weight > 0 && c.Weight < c.Total {
		v.leave("chance chooses the canary; an answer of either side proves nothing", v.name+target)
	}
}

// body sends as much as is allowed, and a byte more: once for each limit of a host, and once in all for the one that
// holds where nobody says.
func (v *visit) body(target string, r *model.Route) {
	limit, tried := v.model.Global.MaxBody, v.common
	if own := r.Policy.MaxBody; own != nil {
		limit, tried = *own, v.bodies
	}
	if limit <= 0 || tried[limit] {
		return
	}
	tried[limit] = true
	method := "GET"
	if v.options.Post {
		method = "POST"
	}
	v.send(BodyAtLimit, target, Request{Method: method, Body: limit, Ingress: owner(r.Ingress)})
	v.send(BodyOverLimit, target, Request{Method: method, Body: limit + 1, Ingress: owner(r.Ingress)})
}
