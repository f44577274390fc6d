package live

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// numberOID is the extension cRLNumber (RFC 5280, 5.2.3), which says nothing of what is revoked.
var numberOID = asn1.ObjectIdentifier{2, 5, 29, 20}

// revokesNoMore reports whether the lists of next only continue those of before: the same issuers and more, the same
// extensions, and no certificate that was not revoked. So it is when an authority issues its list anew because time has
// passed. In doubt it is false: an issuer with two lists, or without one.
func revokesNoMore(before, next []*x509.RevocationList) bool {
	had, has := byIssuer(before), byIssuer(next)
	if len(had) != len(before) || len(has) != len(next) {
		return false
	}
	for issuer, old := range had {
		l, ok := has[issuer]
		if !ok || !slices.EqualFunc(meaning(old), meaning(l), sameExtension) {
			return false
		}
		revoked := map[string]bool{}
		for _, e := range old.RevokedCertificateEntries {
			revoked[e.SerialNumber.String()] = true
		}
		for _, e := range l.RevokedCertificateEntries {
			if !revoked[e.SerialNumber.String()] {
				return false
			}
		}
	}
	return true
}

func byIssuer(lists []*x509.RevocationList) map[string]*x509.RevocationList {
	out := map[string]*x509.RevocationList{}
	for _, l := range lists {
		out[string(l.RawIssuer)] = l
	}
	return out
}

// meaning are the extensions that can change what a list is for.
func meaning(l *x509.RevocationList) []pkix.Extension {
	return slices.DeleteFunc(slices.Clone(l.Extensions), func(e pkix.Extension) bool { return e.Id.Equal(numberOID) })
}

func sameExtension(a, b pkix.Extension) bool {
	return a.Id.Equal(b.Id) && a.Critical == b.Critical && bytes.Equal(a.Value, b.Value)
}
