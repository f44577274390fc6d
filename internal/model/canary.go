package model

import "github.com/hawser-ingress/hawser/internal/issue"

// Canary is another backend for some of the requests of a route. What decides is, in this order, the session, the header,
// the cookie, and chance.
type Canary struct {
	Ingress issue.Ref // the Ingress it belongs to
	Backend BackendID
	Header  string // in lower case; "": no header is looked at
	By      HeaderRule
	Value   string // of HeaderValue: the value; of HeaderPattern: a regular expression (PCRE2) for a part of the value
	Cookie  string // its value "always" or "never" decides; "": no cookie is looked at
	Weight  int    // of Total; what is above Total is everything
	Total   int    // at least 100
	Session *Session
	Balance *Balance
}

// HeaderRule is how a header decides about a canary.
type HeaderRule int

const (
	HeaderWord    HeaderRule = iota // "always" and "never"
	HeaderValue                     // one value is for the canary
	HeaderPattern                   // values that have something in common are for the canary
	HeaderBroken                    // nobody knows which: whoever sends the header stays
)

// String gives "always or never", "value", "pattern" or "broken".
func (h HeaderRule) String() string {
	return [...]string{"always or never", "value", "pattern", "broken"}[h]
}
