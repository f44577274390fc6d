package model

import (
	"crypto/x509"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// VerifyMode is what a host wants of a client certificate.
type VerifyMode int

const (
	VerifyOff          VerifyMode = iota // not asked for
	VerifyOn                             // needed, and valid
	VerifyOptional                       // may be absent; if sent, valid
	VerifyOptionalNoCA                   // may be absent, and signed by anybody; otherwise valid
	VerifyDeny                           // the policy can't be honoured: the host is closed with 403
)

// String gives the words of the annotation; "deny" for a closed host.
func (m VerifyMode) String() string {
	return [...]string{"off", "on", "optional", "optional_no_ca", "deny"}[m]
}

// ClientCert is the client-certificate policy of a host.
type ClientCert struct {
	Verify      VerifyMode
	CA          *ClientCA    // nil only with VerifyDeny
	Depth       int          // the most intermediates between the certificate and a CA of the list
	ErrorPage   *ErrorPage   // nil: 400
	MatchCN     string       // regular expression on the RFC 2253 subject, unanchored; "": not asked for
	PassCert    bool         // send the certificate to the backend
	HideCANames bool         // the server does not tell which CAs it accepts
	IgnoreErr   []VerifyCode // verification errors that count as valid, sorted; the result is still passed on
	Global      bool         // from the controller's settings, not from an Ingress
	Reason      string       // with VerifyDeny: why
	Origin      issue.Ref    // the Ingress or ConfigMap that decides
	Secret      issue.Ref    // where the CA comes from
	Others      []issue.Ref  // further Ingresses of the host whose policy is not used
}

// Closed is the policy of a host that can't honour this one: it is closed, for the reason given.
func (c ClientCert) Closed(reason string) *ClientCert {
	c.Verify, c.Reason, c.CA = VerifyDeny, reason, nil
	return &c
}

// ClientCA is a bundle of trust anchors, re-encoded from what the Secret holds.
type ClientCA struct {
	ID    string // "namespace/name" of the Secret
	Certs []*x509.Certificate
	CRLs  []*x509.RevocationList // nil: no revocation check
}

// ErrorPage is where a client without a valid certificate is sent, by 302.
type ErrorPage struct {
	URL string // "https://…", "http://…"; anything else is relative to the root of the host
}
