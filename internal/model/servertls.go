package model

import (
	"encoding/json"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// ServerTLS is what handshakes with servers have beyond encryption.
type ServerTLS struct {
	Cert     *Cert       // shown to a server that asks for one; nil: none
	CA       *ClientCA   // authorities of servers; nil: none is known
	Verify   bool        // a server whose certificate is not of the CA, or not for the Name, gets no request; needs a CA
	Depth    int         // the most intermediates between the certificate and the CA
	Name     Template    // of the server; without variables where it is verified and not sent
	SendName bool        // by SNI
	Min, Max TLSVersion  // the zero values: as usual
	Ciphers  string      // of TLS up to 1.2, as OpenSSL writes a list; "": as usual
	Secrets  []issue.Ref // where certificate and CA come from
}

// MarshalJSON names the Secret alone: of one model, its content is always the same, and no key gets into a dump.
func (c *Cert) MarshalJSON() ([]byte, error) { return json.Marshal(c.ID) }

// MarshalJSON names the Secret alone.
func (c *ClientCA) MarshalJSON() ([]byte, error) { return json.Marshal(c.ID) }
