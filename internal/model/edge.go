package model

import "time"

// TLSRules are those of every handshake.
type TLSRules struct {
	Min, Max TLSVersion // the zero values: 1.2, and the newest
	Ciphers  string     // of TLS up to 1.2, as OpenSSL writes a list; "": those of nginx
	Strict   bool       // a client that asks for a name that nobody has gets no certificate
	HTTP1    bool       // HTTP/2 is not offered
	Streams  int        // of an HTTP/2 connection at a time; 0: as many as usual

	Curves      string        // as OpenSSL writes a list; "": those of OpenSSL
	Sessions    *int          // that are kept in memory; nil: as many as usual
	SessionTime time.Duration // how long one can be resumed; 0: as long as usual
	Record      int           // bytes of a record at most; 0: as many as there may be
}

// TLSVersion is a version of TLS.
type TLSVersion int

const (
	TLSDefault TLSVersion = iota
	TLS10
	TLS11
	TLS12
	TLS13
)

// String gives "TLSv1.2"; "" for the default.
func (v TLSVersion) String() string {
	return [...]string{"", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}[v]
}

// Pool is how connections to servers are kept for the next request. A nil number: as many, or as long, as usual.
type Pool struct {
	Idle     *int           // connections of a server that wait
	Requests *int           // of a connection
	Timeout  *time.Duration // how long one waits
}

// Compression is what answers are compressed by gzip.
type Compression struct {
	Types []string // media types; empty: all
	Level int      // 0: the fastest
}
