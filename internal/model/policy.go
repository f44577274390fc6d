package model

import "time"

// Policy is what a route asks for beyond forwarding. The zero value asks for nothing.
type Policy struct {
	Links           LinkStyle     // how redirects are written
	Rewrite         *Rewrite      // nil: the request goes on as it came
	Groups          string        // the expression whose groups the templates of the route use; "": they use none
	HTTPS           HTTPSRedirect // whether plain HTTP is sent to HTTPS
	Addresses       *Addresses    // nil: clients from anywhere
	BasicAuth       *BasicAuth    // nil: no password is asked for
	ExternalAuth    *ExternalAuth // nil: no service is asked
	SatisfyAny      bool          // one access check that lets a client in is enough
	Limit           *Limit        // nil: any number of requests
	Bandwidth       *Bandwidth    // nil: as fast as possible
	CORS            *CORS         // nil: nothing is said about other origins
	MaxBody         *int64        // bytes; nil: as everywhere, 0: no limit
	Errors          *Errors       // nil: answers stay as they are
	Mirror          *Mirror       // nil: requests are not copied
	Connect         time.Duration // to a server; 0: as everywhere
	Server          time.Duration // between two reads from a server; 0: as everywhere
	Retry           *Retry        // nil: as everywhere
	Upstream        *Upstream     // nil: HTTP/1.1
	Session         *Session      // nil: any server will do
	Balance         *Balance      // nil: as everywhere
	ResponseHeaders []Header      // of every answer; by name
	CookieDomain    *Replacement  // of cookies of servers; nil: it stays
	CookiePath      *Replacement  // its beginning; nil: it stays
	Location        *Replacement  // the beginning of what servers redirect to; nil: it stays
	Connection      string        // what servers are told of it; "": nothing of the kind
	Quiet           bool          // its requests are not logged
	Rules           *Rules        // nil: none
	Compression     *Compression  // nil: as everywhere
	Vhost           Template      // Host that servers see; empty: that of the request
}

// HTTPSRedirect says when a plain HTTP request is sent to HTTPS.
type HTTPSRedirect int

const (
	HTTPSNever       HTTPSRedirect = iota
	HTTPSIfSecure                  // plain HTTP, on a host that asks for TLS
	HTTPSIfForwarded               // plain HTTP on any host
)

// String gives "never", "if secure" or "if forwarded".
func (h HTTPSRedirect) String() string { return [...]string{"never", "if secure", "if forwarded"}[h] }

// HSTS is the Strict-Transport-Security header of HTTPS responses.
type HSTS struct {
	MaxAge            time.Duration
	IncludeSubdomains bool
	Preload           bool
}
