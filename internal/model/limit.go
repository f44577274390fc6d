package model

import (
	"net/netip"
	"time"
)

// Limit bounds what one client may ask of the routes of an Ingress, all of them together.
type Limit struct {
	Rates       []Rate         // each of them holds
	Connections int            // requests at the same time; 0: any number
	Exempt      []netip.Prefix // clients that are not counted
}

// Rate is a leaky bucket: it lets Burst+1 requests through at once, and Count more in every Per.
type Rate struct {
	Count int
	Per   time.Duration
	Burst int
}

// LimitSettings are what all limits have in common.
type LimitSettings struct {
	RateStatus       int      // of a request above a rate; 0: 503
	ConnectionStatus int      // of a request above the number at the same time; 0: 503
	Key              Template // what tells clients apart; nil: their address. A client without a key is not limited
}

// Bandwidth bounds how fast a response is sent.
type Bandwidth struct {
	Rate  int64 // bytes per second
	After int64 // bytes at the beginning that are not counted
}
