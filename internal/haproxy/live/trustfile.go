package live

import (
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// What is changed at run time has to fit HAProxy's buffer, and so has what it answers when it is asked: it tells of a
// revoked certificate in up to 200 bytes.
const (
	maxTrust   = 32 << 10
	maxRevoked = 250
)

type trustFile struct {
	name  string
	store runtime.Store
	data  []byte
}

// trustChange tells how a file changes, and whether whoever was trusted by it before still is.
func trustChange(name string, before, after haproxy.File) (f trustFile, extended bool, err error) {
	f = trustFile{name: name, data: after.Data}
	if len(after.Data) > maxTrust {
		return f, false, fmt.Errorf("%s does not fit a command", name)
	}
	f.store = runtime.CA
	if strings.HasPrefix(string(after.Data), "-----BEGIN X509 CRL") {
		f.store = runtime.CRL
		lists, err := pki.CRLs(after.Data)
		if err != nil {
			return f, false, err
		}
		revoked := 0
		for _, l := range lists {
			revoked += len(l.RevokedCertificateEntries)
		}
		if revoked > maxRevoked {
			return f, false, fmt.Errorf("%s can't be read back", name)
		}
		had, err := pki.CRLs(before.Data)
		return f, err == nil && revokesNoMore(had, lists), err
	}
	if err := sameSubjects(before.Data, after.Data); err != nil {
		return f, false, fmt.Errorf("%s: %w", name, err)
	}
	had, err := anchors(before.Data)
	if err != nil {
		return f, false, err
	}
	has, err := anchors(after.Data)
	if err != nil {
		return f, false, err
	}
	for sum := range had {
		if !has[sum] {
			return f, false, nil
		}
	}
	return f, true, nil
}

// sameSubjects refuses files whose CAs have other names. HAProxy tells clients the names that it has read at its start,
// whatever is committed later (2.6.12, 3.0.11 and 3.2.26, measured), and clients without a certificate of one of them show none.
func sameSubjects(before, after []byte) error {
	was, err := pki.Certs(before)
	if err != nil {
		return err
	}
	is, err := pki.Certs(after)
	if err != nil {
		return err
	}
	names := func(certs []*x509.Certificate) map[string]bool {
		out := map[string]bool{}
		for _, c := range certs {
			out[string(c.RawSubject)] = true
		}
		return out
	}
	if !maps.Equal(names(was), names(is)) {
		return errors.New("its CAs have other names")
	}
	return nil
}

// proof reads a file back.
func (f trustFile) proof() runtime.Question {
	if f.store == runtime.CRL {
		return runtime.RevocationsOf(f.name, func(got []runtime.Revocations) error {
			want, err := revocations(f.data)
			if err != nil {
				return err
			}
			have := map[string]bool{}
			for _, l := range got {
				text, err := list(l.Updated, l.Serials)
				if err != nil {
					return err
				}
				have[text] = true
			}
			return f.same(have, want)
		})
	}
	return runtime.AnchorsOf(f.name, func(got []string) error {
		want, err := anchors(f.data)
		if err != nil {
			return err
		}
		have := map[string]bool{}
		for _, sum := range got {
			have[sum] = true
		}
		return f.same(have, want)
	})
}

func (f trustFile) same(have, want map[string]bool) error {
	if !maps.Equal(have, want) {
		return fmt.Errorf("%w: %s", runtime.ErrDiffers, f.name)
	}
	return nil
}

// anchors are the certificates of a file as HAProxy shows them.
func anchors(data []byte) (map[string]bool, error) {
	certs, err := pki.Certs(data)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, c := range certs {
		out[fmt.Sprintf("%X", sha1.Sum(c.Raw))] = true
	}
	return out, nil
}

// revocations are the lists of a file, each as a text.
func revocations(data []byte) (map[string]bool, error) {
	lists, err := pki.CRLs(data)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, l := range lists {
		var serials []string
		for _, e := range l.RevokedCertificateEntries {
			serials = append(serials, e.SerialNumber.Text(16))
		}
		text, err := list(l.ThisUpdate.UTC().Format("Jan _2 15:04:05 2006 GMT"), serials)
		if err != nil {
			return nil, err
		}
		out[text] = true
	}
	return out, nil
}

// list is a revocation list as a text that is the same for the same entries.
func list(updated string, serials []string) (string, error) {
	var all []string
	for _, s := range serials {
		n, ok := new(big.Int).SetString(s, 16)
		if !ok {
			return "", fmt.Errorf("serial number %q is none", s)
		}
		all = append(all, n.Text(16))
	}
	slices.Sort(all)
	return updated + " " + strings.Join(slices.Compact(all), " "), nil
}
