package model

// Upstream is how servers are spoken to. The zero value is HTTP/1.1.
type Upstream struct {
	TLS     bool
	HTTP2   bool
	Auto    bool       // TLS for the requests of clients that speak it, and none for others
	FastCGI *FastCGI   // nil: HTTP is spoken
	Trust   *ServerTLS // nil: the certificate of the server is not verified, and none is shown
}

// Encrypted reports whether any request is sent by TLS.
func (u *Upstream) Encrypted() bool { return u != nil && (u.TLS || u.Auto) }
