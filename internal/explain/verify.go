package explain

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

// The results that only a verification gives; the others have names in package model.
const (
	verifyNoCRL         model.VerifyCode = 3
	verifyBadSignature  model.VerifyCode = 7
	verifyBadCRL        model.VerifyCode = 8
	verifyCRLNotYet     model.VerifyCode = 11
	verifyCRLExpired    model.VerifyCode = 12
	verifyRevoked       model.VerifyCode = 23
	verifyPurpose       model.VerifyCode = 26
	verifyCritical      model.VerifyCode = 34
	verifyNameForbidden model.VerifyCode = 47
	verifyKeySmall      model.VerifyCode = 66
	verifyCAKeySmall    model.VerifyCode = 67
	verifyCADigest      model.VerifyCode = 68
	verifyInvalidCA     model.VerifyCode = 79
)

// verdict is what OpenSSL finds, as HAProxy remembers it: it goes on after an error.
type verdict struct {
	last      model.VerifyCode // ssl_c_verify
	leaf      model.VerifyCode // ssl_c_err: the first error of the certificate itself
	authority model.VerifyCode // ssl_c_ca_err: the first error of the certificates above
	chain     []*x509.Certificate
	aborts    bool // the handshake fails: HAProxy does not go on after the errors 32 to 63
}

// add records an error at a depth of the chain.
func (v *verdict) add(code model.VerifyCode, depth int) {
	v.last = code
	v.aborts = v.aborts || code >= 32 && code <= 63
	switch {
	case depth == 0 && v.leaf == 0:
		v.leaf = code
	case depth > 0 && v.authority == 0:
		v.authority = code
	}
}

// verify follows OpenSSL's X509_verify_cert step by step, because the result is that of the last step that fails:
// build the chain, extensions, strength, revocation, signatures and times, name constraints.
func verify(sent []*x509.Certificate, ca *model.ClientCA, depth int, now time.Time) verdict {
	b := builder{anchors: ca.Certs, others: sent[1:], now: now}
	chain, trusted, fromList := b.build(sent[0])
	v := verdict{chain: chain}
	if code := chainError(len(chain), trusted, fromList, selfIssued(chain[len(chain)-1])); code != model.VerifyOK {
		v.add(code, len(chain)-1)
	}
	v.extensions(trusted, depth)
	v.strength()
	v.revocation(ca.CRLs, now)
	v.signatures(trusted, now)
	v.names(trusted)
	return v
}

func chainError(length int, trusted, fromList, selfIssued bool) model.VerifyCode {
	switch {
	case trusted:
		return model.VerifyOK
	case selfIssued && length == 1:
		return model.VerifySelfSigned
	case selfIssued:
		return model.VerifySelfSignedInChain
	case fromList:
		return model.VerifyIssuerMissing
	default:
		return model.VerifyLocalIssuerMissing
	}
}

// builder finds the issuers, those of the list of CAs first.
type builder struct {
	anchors, others []*x509.Certificate
	now             time.Time
}

// build reports whether the chain ends at an anchor, and whether any certificate of it came from the list.
func (b builder) build(leaf *x509.Certificate) (chain []*x509.Certificate, trusted, fromList bool) {
	chain = []*x509.Certificate{leaf}
	for {
		top := chain[len(chain)-1]
		if selfIssued(top) {
			known := slices.ContainsFunc(b.anchors, top.Equal)
			return chain, known, fromList || known
		}
		next := b.issuer(top, b.anchors)
		if next != nil {
			fromList = true
		} else if !fromList {
			next = b.issuer(top, b.others)
		}
		if next == nil || slices.ContainsFunc(chain, next.Equal) {
			return chain, false, fromList
		}
		chain = append(chain, next)
	}
}

// issuer prefers a certificate whose time is now.
func (b builder) issuer(cert *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	var found *x509.Certificate
	for _, c := range among {
		if !issued(c, cert) {
			continue
		}
		if !b.now.Before(c.NotBefore) && !b.now.After(c.NotAfter) {
			return c
		}
		if found == nil || c.NotAfter.After(found.NotAfter) {
			found = c
		}
	}
	return found
}

// issued compares names and key identifiers, as OpenSSL does to find an issuer; signatures come later.
func issued(issuer, cert *x509.Certificate) bool {
	if !bytes.Equal(issuer.RawSubject, cert.RawIssuer) {
		return false
	}
	if len(cert.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(cert.AuthorityKeyId, issuer.SubjectKeyId) {
		return false
	}
	return issuer.KeyUsage == 0 || issuer.KeyUsage&x509.KeyUsageCertSign != 0 || selfSignedLeaf(issuer, cert)
}

// selfSignedLeaf: a certificate may vouch for itself whatever its key usage.
func selfSignedLeaf(issuer, cert *x509.Certificate) bool { return issuer.Equal(cert) }

func selfIssued(c *x509.Certificate) bool { return issued(c, c) }

// extensions checks purposes and lengths. The anchor carries the depth of the policy (pki.LimitDepth).
func (v *verdict) extensions(trusted bool, depth int) {
	below := 0 // intermediates
	for i, c := range v.chain {
		if len(c.UnhandledCriticalExtensions) > 0 {
			v.add(verifyCritical, i)
		}
		if i > 0 && !isCA(c) {
			v.add(verifyInvalidCA, i)
		}
		if !forClients(c, i > 0) {
			v.add(verifyPurpose, i)
		}
		limit, limited := c.MaxPathLen, c.MaxPathLen > 0 || c.MaxPathLenZero
		if trusted && i > 0 && i == len(v.chain)-1 && (!limited || limit > depth) {
			limit, limited = depth, true
		}
		if i > 0 && limited && below > limit {
			v.add(model.VerifyPathLength, i)
		}
		if i > 0 && !bytes.Equal(c.RawSubject, c.RawIssuer) {
			below++
		}
	}
}

func isCA(c *x509.Certificate) bool {
	if c.BasicConstraintsValid {
		return c.IsCA
	}
	return c.Version == 1 && selfIssued(c) || c.KeyUsage&x509.KeyUsageCertSign != 0
}

// forClients is OpenSSL's purpose "sslclient".
func forClients(c *x509.Certificate, ca bool) bool {
	restricted := len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0
	if restricted && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return false
	}
	if ca {
		return isCA(c)
	}
	return c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement) != 0
}

// minBits is OpenSSL's security level 2, the one of Debian.
const minBits = 112

func (v *verdict) strength() {
	for i, c := range v.chain {
		switch {
		case keyBits(c) >= minBits:
		case i == 0:
			v.add(verifyKeySmall, i)
		default:
			v.add(verifyCAKeySmall, i)
		}
		if i < len(v.chain)-1 && weakDigest(c) {
			v.add(verifyCADigest, i)
		}
	}
}

// keyBits is the strength of a key (SP 800-57, table 2).
func keyBits(c *x509.Certificate) int {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		switch n := key.N.BitLen(); {
		case n >= 3072:
			return 128
		case n >= 2048:
			return 112
		default:
			return 80
		}
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize / 2
	case ed25519.PublicKey:
		return 128
	default:
		return minBits // a kind that is not known here is not judged
	}
}

func weakDigest(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	default:
		return false
	}
}

// signatures checks each certificate with the one above, from the top, and every time.
func (v *verdict) signatures(trusted bool, now time.Time) {
	top := len(v.chain) - 1
	open := !selfIssued(v.chain[top])
	if open && top == 0 {
		v.add(model.VerifyLeafUnverified, 0)
	}
	for i := top; i >= 0; i-- {
		c := v.chain[i]
		if i < top && v.chain[i+1].CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) != nil {
			v.add(verifyBadSignature, i)
		}
		if open && i == top && top > 0 {
			continue // OpenSSL does not look at the time of a certificate that it can't verify
		}
		switch {
		case now.Before(c.NotBefore):
			v.add(model.VerifyNotYetValid, i)
		case now.After(c.NotAfter):
			v.add(model.VerifyExpired, i)
		}
	}
}

// names leaves name constraints to crypto/x509, for a chain that is right in everything else.
func (v *verdict) names(trusted bool) {
	if !trusted || v.last != model.VerifyOK || len(v.chain) == 1 {
		return
	}
	opts := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: v.chain[0].NotBefore,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	opts.Roots.AddCert(v.chain[len(v.chain)-1])
	for _, c := range v.chain[1 : len(v.chain)-1] {
		opts.Intermediates.AddCert(c)
	}
	_, err := v.chain[0].Verify(opts)
	if invalid, ok := err.(x509.CertificateInvalidError); ok && invalid.Reason == x509.CANotAuthorizedForThisName {
		v.add(verifyNameForbidden, 0)
	}
}
