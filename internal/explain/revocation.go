package explain

import (
	"bytes"
	"crypto/x509"
	"time"
)

// revocation looks every certificate of the chain up in the list of its issuer, the anchor included, as OpenSSL does
// with CRL_CHECK_ALL. Without lists in the policy nothing is checked.
func (v *verdict) revocation(lists []*x509.RevocationList, now time.Time) {
	if len(lists) == 0 {
		return
	}
	for i, c := range v.chain {
		issuer := v.chain[min(i+1, len(v.chain)-1)]
		list := newest(lists, c.RawIssuer, issuer, now)
		if list == nil {
			v.add(verifyNoCRL, i)
			continue
		}
		if bytes.Equal(issuer.RawSubject, list.RawIssuer) && issuer.CheckSignature(list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature) != nil {
			v.add(verifyBadCRL, i)
		}
		switch {
		case now.Before(list.ThisUpdate):
			v.add(verifyCRLNotYet, i)
		case !list.NextUpdate.IsZero() && now.After(list.NextUpdate):
			v.add(verifyCRLExpired, i)
		}
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(c.SerialNumber) == 0 {
				v.add(verifyRevoked, i)
				break
			}
		}
	}
}

// newest prefers a list that is in its time, then the one that was made last. A list that names another key than the
// issuer's is not looked at.
func newest(lists []*x509.RevocationList, name []byte, issuer *x509.Certificate, now time.Time) *x509.RevocationList {
	var best *x509.RevocationList
	timely := func(l *x509.RevocationList) bool {
		return !now.Before(l.ThisUpdate) && (l.NextUpdate.IsZero() || !now.After(l.NextUpdate))
	}
	for _, l := range lists {
		otherKey := len(l.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(l.AuthorityKeyId, issuer.SubjectKeyId)
		switch {
		case !bytes.Equal(l.RawIssuer, name), otherKey:
		case best == nil, timely(l) && !timely(best), timely(l) == timely(best) && l.ThisUpdate.After(best.ThisUpdate):
			best = l
		}
	}
	return best
}
