package model

import "time"

// Global is what holds for every host.
type Global struct {
	DefaultCert  *Cert       // for unknown names and hosts without a certificate of their own
	ClientCert   *ClientCert // for hosts that have none of their own; nil: none
	HSTS         *HSTS       // nil: no header
	RedirectCode int         // of the redirect to HTTPS
	LogFormat    LogFormat
	LogTemplate  *LogTemplate // nil: the line of LogFormat
	LogAuth      bool         // questions to authentication services are in the access log
	Timeouts     Timeouts
	LeastConn    bool   // requests go to the server with the fewest under way, not to one after the other
	Retry        Retry  // of routes that do not say
	MaxBody      int64  // bytes of a request, of routes that do not say; 0: no limit
	CountBodies  bool   // bodies without a length are counted on these routes, too
	HTTPPort     uint16 // the public ports, as headers and redirects name them
	HTTPSPort    uint16
	Block        Block         // clients that nobody serves
	Limit        LimitSettings // what the limits of all routes have in common
	LogSkip      []string      // paths with their queries whose requests are not logged
	TLS          TLSRules
	Pool         Pool         // of connections to servers
	Requests     int          // of a connection of a client; 0: no limit
	MaxHeader    int64        // bytes of a request's header; 0: as many as usual, which there may be always
	Threads      int          // 0: as many as there are processors
	StreamTries  int          // endpoints that a connection of a TCP port may try; 0: as many as usual
	StreamQuiet  bool         // connections of TCP ports are not logged
	Compression  *Compression // nil: none
	Headers      HeaderRules
	Forwarded    *Forwarded     // nil: what clients say about addresses, schemes and hosts is replaced
	Proxy        *ProxyProtocol // nil: connections come from clients
}

// LogFormat is how the access log is written.
type LogFormat int

const (
	LogText LogFormat = iota
	LogJSON
	LogOff
)

// Timeouts are the defaults of every connection.
type Timeouts struct {
	ClientHeader time.Duration // to receive the header of a request
	Client       time.Duration // between two reads from a client
	KeepAlive    time.Duration // idle connection of a client
	Connect      time.Duration // to a server
	Server       time.Duration // between two reads from a server
	Stream       time.Duration // of a TCP port: between two reads from either side
	HardStop     time.Duration // a process that was replaced closes what is left after this
}
