package model

// Upstream is how servers are spoken to. The zero value is HTTP/1.1.
type Upstream struct {
	TLS   bool
	HTTP2 bool
	Trust *ServerTLS // nil: the certificate of the server is not verified, and none is shown
}
