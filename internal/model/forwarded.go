package model

import "net/netip"

// Forwarded says what a proxy in front of Hawser may say about its clients.
type Forwarded struct {
	Headers  bool           // X-Forwarded-Proto, -Port and -Host count
	Append   bool           // X-Forwarded-For keeps what came, with the peer behind it
	Address  string         // header with the addresses that a request came through; "": it is not read
	Networks []netip.Prefix // proxies that are believed; sorted
	AnyPeer  bool           // nobody named the proxies: Headers are believed from everybody
}

// ProxyProtocol says who speaks the PROXY protocol.
type ProxyProtocol struct {
	Networks []netip.Prefix // sorted; empty: everybody does
}
