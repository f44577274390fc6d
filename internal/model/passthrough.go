package model

import "github.com/hawser-ingress/hawser/internal/issue"

// Passthrough is a host whose TLS connections go to a backend as they are, by the name in their handshake. Over plain HTTP
// it is served like any other.
type Passthrough struct {
	Backend *BackendID // nil: connections are closed
	Reason  string     // without a Backend: why
	Origin  issue.Ref  // the Ingress that asks for it
}
