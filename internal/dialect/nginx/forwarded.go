package nginx

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	useForwarded = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "use-forwarded-headers", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Believe X-Forwarded-For, -Proto, -Port and -Host of a proxy in front: they decide the address of the client, whether it is " +
				"sent to HTTPS, and the Host that servers see. The Ingress is still found by the Host header.",
			Support: dialect.Partial,
			Instead: "Stricter than in ingress-nginx: with proxy-real-ip-cidr, X-Forwarded-Proto, -Port and -Host of any other peer don't count either. " +
				"Of X-Forwarded-For the last ten addresses are read.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
	realIP = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-real-ip", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Believe X-Forwarded-For of a proxy in front, and none of the other headers.",
		},
		Parse: dialect.ParseBool,
	}
	realIPNetworks = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "proxy-real-ip-cidr", Values: networkList, Default: "0.0.0.0/0", Scope: dialect.Setting, Guard: true,
			Doc: "The proxies in front that are believed. Their addresses in X-Forwarded-For are skipped, from the last one on. Without it everybody " +
				"is believed: set it wherever Hawser can be reached past the proxy.",
		},
		Parse: dialect.ParseNetworks,
	}
	fullForwardedFor = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "compute-full-forwarded-for", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Servers get X-Forwarded-For as it came, with the address of the peer behind it; only with use-forwarded-headers, and of proxies that are believed.",
		},
		Parse: dialect.ParseBool,
	}
	forwardedForHeader = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "forwarded-for-header", Values: "the name of a header", Default: "X-Forwarded-For", Scope: dialect.Setting,
			Doc: "The header with the addresses that a request came through.",
		},
		Parse: parseForwardedName,
	}
	useProxyProtocol = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "use-proxy-protocol", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Connections begin with the PROXY protocol, on both ports; it tells the address of the client, and a port of 443 means HTTPS. " +
				"X-Forwarded-For is not read then.",
			Support: dialect.Partial,
			Instead: "Stricter than in ingress-nginx: with proxy-real-ip-cidr only those peers may speak it; what another peer sends as PROXY is no request.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
)

var forwarded = &dialect.Feature{
	Name: "forwarded", Title: "A proxy in front",
	Doc: "Whoever is believed decides what the address of a client is, for lists of addresses, limits and the log. A list of proxies that can't " +
		"be read closes every route with 503, because nobody could say then whose word counts.",
	Keys: []dialect.Spec{useForwarded, realIP, realIPNetworks, fullForwardedFor, forwardedForHeader, useProxyProtocol},
	Global: func(p *dialect.Pass, g *model.Global) {
		headers, _ := useForwarded.Get(p)
		address, _ := realIP.Get(p)
		proxied, _ := useProxyProtocol.Get(p)
		networks, named := realIPNetworks.Get(p)
		full, _ := fullForwardedFor.Get(p)
		name, ok := forwardedForHeader.Get(p)
		if !ok {
			name = "X-Forwarded-For"
		}
		if proxied {
			g.Proxy = &model.ProxyProtocol{Networks: networks}
		}
		if !headers && !address {
			return
		}
		f := &model.Forwarded{Headers: headers, Append: headers && full, Address: name, Networks: networks, AnyPeer: !named}
		if !named {
			f.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
		}
		if proxied {
			f.Address = ""
		}
		g.Forwarded = f
	},
}

// parseForwardedName takes what cleaning leaves of a request.
func parseForwardedName(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c > 0x7f || c != '-' && !isWord(byte(c)) || c == '_' }) {
		return "", errors.New("it is no name of letters, digits and hyphens")
	}
	return s, nil
}
