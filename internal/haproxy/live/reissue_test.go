package live

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
)

func TestRevokesNoMore(t *testing.T) {
	issued := func(issuer string, extensions []pkix.Extension, serials ...int64) *x509.RevocationList {
		l := &x509.RevocationList{RawIssuer: []byte(issuer), Extensions: extensions}
		for _, n := range serials {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n)})
		}
		return l
	}
	numbered := func(n byte) []pkix.Extension { return []pkix.Extension{{Id: numberOID, Value: []byte{n}}} }
	scoped := []pkix.Extension{{Id: []int{2, 5, 29, 28}, Critical: true, Value: []byte{1}}}
	type lists []*x509.RevocationList
	for what, c := range map[string]struct {
		before, next lists
		want         bool
	}{
		"the same, with another number": {lists{issued("a", numbered(1), 1, 2)}, lists{issued("a", numbered(2), 2, 1)}, true},
		"one less":                      {lists{issued("a", nil, 1, 2)}, lists{issued("a", nil, 1)}, true},
		"one more":                      {lists{issued("a", nil, 1)}, lists{issued("a", nil, 1, 2)}, false},
		"another one":                   {lists{issued("a", nil, 1)}, lists{issued("a", nil, 2)}, false},
		"a list of another issuer":      {lists{issued("a", nil)}, lists{issued("b", nil)}, false},
		"another issuer as well":        {lists{issued("a", nil)}, lists{issued("a", nil), issued("b", nil, 7)}, true},
		"an issuer less":                {lists{issued("a", nil), issued("b", nil)}, lists{issued("a", nil)}, false},
		"two lists of an issuer":        {lists{issued("a", nil, 1)}, lists{issued("a", nil, 1), issued("a", nil, 1)}, false},
		"for something else":            {lists{issued("a", nil, 1)}, lists{issued("a", scoped, 1)}, false},
	} {
		if got := revokesNoMore(c.before, c.next); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
}
