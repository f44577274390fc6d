package model

import (
	"crypto/x509"
	"time"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Cert is a server certificate with its key.
type Cert struct {
	ID       string // "namespace/name" of the Secret, "" for the one that was made at start
	Chain    []*x509.Certificate
	PEM      []byte // key and chain, re-encoded
	NotAfter time.Time
	Origin   issue.Ref
}
