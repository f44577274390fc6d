package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}

// LimitDepth returns the DER of a trust anchor under which a chain may have at most depth intermediates.
//
// HAProxy has no verify depth. A pathLenConstraint (RFC 5280, 4.2.1.9) in the anchor does the same within OpenSSL,
// which does not check the signature that a trusted root has on itself. Certificates that are no self-signed CA are
// returned as they are: they end no chain, and a leaf must not become a CA.
func LimitDepth(cert *x509.Certificate, depth int) ([]byte, error) {
	if !anchor(cert) {
		return cert.Raw, nil
	}
	if cert.BasicConstraintsValid && (cert.MaxPathLen > 0 || cert.MaxPathLenZero) && cert.MaxPathLen <= depth {
		return cert.Raw, nil
	}
	der, err := rebuild(cert, depth)
	if err != nil {
		return nil, fmt.Errorf("limit the depth below %q: %w", cert.Subject, err)
	}
	return der, nil
}

// anchor follows OpenSSL's check_ca: basicConstraints decide; without them a version 1 root and a certificate whose
// keyUsage allows signing count as CA.
func anchor(c *x509.Certificate) bool {
	if !bytes.Equal(c.RawSubject, c.RawIssuer) {
		return false
	}
	if len(c.AuthorityKeyId) > 0 && len(c.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, c.SubjectKeyId) {
		return false
	}
	if c.BasicConstraintsValid {
		return c.IsCA
	}
	return c.Version == 1 || c.KeyUsage&x509.KeyUsageCertSign != 0
}

// rebuild copies the certificate with new basicConstraints; the signature stays, and no longer fits.
func rebuild(cert *x509.Certificate, depth int) ([]byte, error) {
	outer := cryptobyte.String(cert.Raw)
	var body, tbs cryptobyte.String
	if !outer.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return nil, fmt.Errorf("it is no certificate")
	}
	fields, extensions, err := split(tbs)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(0).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
			b.AddBytes(fields)
			b.AddASN1(cbasn1.Tag(3).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addConstraints(b, depth)
					b.AddBytes(extensions)
				})
			})
		})
		b.AddBytes(body) // algorithm and value of the signature
	})
	return b.Bytes()
}

// split returns the fields between version and extensions, and the extensions but basicConstraints.
func split(tbs cryptobyte.String) (fields, extensions []byte, err error) {
	for !tbs.Empty() {
		var element cryptobyte.String
		var tag cbasn1.Tag
		if !tbs.ReadAnyASN1Element(&element, &tag) {
			return nil, nil, fmt.Errorf("its body does not parse")
		}
		switch tag {
		case cbasn1.Tag(0).Constructed().ContextSpecific():
			continue
		case cbasn1.Tag(3).Constructed().ContextSpecific():
			if extensions, err = others(element); err != nil {
				return nil, nil, err
			}
		default:
			fields = append(fields, element...)
		}
	}
	return fields, extensions, nil
}

func others(element cryptobyte.String) ([]byte, error) {
	var wrapped, list cryptobyte.String
	if !element.ReadASN1(&wrapped, cbasn1.Tag(3).Constructed().ContextSpecific()) || !wrapped.ReadASN1(&list, cbasn1.SEQUENCE) {
		return nil, fmt.Errorf("its extensions do not parse")
	}
	var out []byte
	for !list.Empty() {
		var extension cryptobyte.String
		if !list.ReadASN1Element(&extension, cbasn1.SEQUENCE) {
			return nil, fmt.Errorf("its extensions do not parse")
		}
		whole := []byte(extension)
		var inner cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !extension.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&oid) {
			return nil, fmt.Errorf("its extensions do not parse")
		}
		if !oid.Equal(oidBasicConstraints) {
			out = append(out, whole...)
		}
	}
	return out, nil
}

func addConstraints(b *cryptobyte.Builder, depth int) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidBasicConstraints)
		b.AddASN1Boolean(true)
		b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Boolean(true)
				b.AddASN1Int64(int64(depth))
			})
		})
	})
}
