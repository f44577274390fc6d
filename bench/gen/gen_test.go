package gen

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/source/dir"
)

func TestAddressesAreInTheNetworkAndUnique(t *testing.T) {
	network := netip.MustParsePrefix(Network).Masked()
	seen := map[netip.Addr]bool{}
	for _, n := range []int{0, 1, 127, 128, 9_999, most - 1} {
		for generation := range Generations {
			for _, a := range Endpoints(n, generation) {
				if !network.Contains(a) || seen[a] {
					t.Errorf("site %d, generation %d: %s", n, generation, a)
				}
				seen[a] = true
				if site, g, ok := Site(a); !ok || site != n || g != generation {
					t.Errorf("%s is of site %d, generation %d, not %d, %d", a, site, g, n, generation)
				}
			}
		}
	}
	for _, a := range []string{"10.64.0.7", "127.0.0.1", "10.96.1.0", "10.72.1.0", "::1"} {
		if n, _, ok := Site(netip.MustParseAddr(a)); ok {
			t.Errorf("%s is said to be of site %d", a, n)
		}
	}
}

// TestTheSameNumbersGiveTheSameCertificate, of which every host of the group can make use.
func TestTheSameNumbersGiveTheSameCertificate(t *testing.T) {
	one, err := Secret(7, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		group, renewal int
		same           bool
	}{{7, 0, true}, {7, 1, false}, {8, 0, false}} {
		other, err := Secret(c.group, c.renewal)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range one.Data {
			if bytes.Equal(value, other.Data[key]) != c.same {
				t.Errorf("%s of group %d, renewal %d: same is not %t", key, c.group, c.renewal, c.same)
			}
		}
	}
	pair, err := tls.X509KeyPair(one.Data["tls.crt"], one.Data["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for n := 70; n < 80; n++ {
		if err := leaf.VerifyHostname(Host(n)); err != nil {
			t.Error(err)
		}
	}
	if leaf.VerifyHostname(Host(80)) == nil {
		t.Error("the certificate is for a host of another group")
	}
}

// TestHawserReadsTheFolder without an issue, after every kind of change.
func TestHawserReadsTheFolder(t *testing.T) {
	folder := t.TempDir()
	f, err := NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Fill(f, 0, 12, 2), Fill(f, 12, 25, 2), Secrets(f, 3, 4, 1)); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		change                        func() error
		ingresses, services, secretes int
	}{
		{func() error { return nil }, 25, 25, 4},
		{func() error { return PutSite(f, 25) }, 26, 26, 4},
		{func() error { return f.PutIngress(26, 25) }, 27, 26, 4},
		{func() error { return errors.Join(f.PutEndpoints(3, 0, 1), f.PutSecret(0, 1)) }, 27, 26, 4},
		{func() error { return errors.Join(f.DeleteIngress(26), DeleteSite(f, 25)) }, 25, 25, 4},
	}
	for n, s := range steps {
		if err := s.change(); err != nil {
			t.Fatal(err)
		}
		source, err := dir.Open([]string{folder}, nil)
		if err != nil {
			t.Fatal(err)
		}
		o, issues, err := source.Load()
		if err != nil || len(issues) > 0 {
			t.Fatal(n, err, issues)
		}
		if len(o.Ingresses) != s.ingresses || len(o.Services) != s.services || len(o.EndpointSlices) != s.services || len(o.Secrets) != s.secretes {
			t.Errorf("step %d: %d Ingresses, %d Services, %d slices, %d Secrets", n, len(o.Ingresses), len(o.Services), len(o.EndpointSlices), len(o.Secrets))
		}
		for _, i := range o.Ingresses {
			checkSite(t, i)
		}
	}
	if unfinished, err := filepath.Glob(filepath.Join(folder, "*", ".*.tmp")); err != nil || len(unfinished) > 0 {
		t.Error(err, unfinished)
	}
}

func checkSite(t *testing.T, i *netv1.Ingress) {
	t.Helper()
	if len(i.Spec.Rules) != 1 || len(i.Spec.Rules[0].HTTP.Paths) != 2 || len(i.Spec.TLS) != 1 || i.Spec.TLS[0].Hosts[0] != i.Spec.Rules[0].Host {
		t.Errorf("%s: %+v", i.Name, i.Spec)
	}
}

func TestTwoFoldersAreTheSame(t *testing.T) {
	read := func() map[string]string {
		folder := t.TempDir()
		f, err := NewFolder(folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := Fill(f, 0, 12, 4); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		files, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(folder, path)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(text)
		}
		return out
	}
	one, two := read(), read()
	if len(one) != 12*3+2+1 || len(one) != len(two) {
		t.Fatalf("%d and %d files", len(one), len(two))
	}
	for name, text := range one {
		if two[name] != text {
			t.Errorf("%s differs", name)
		}
	}
}

func TestEachStopsAtAFailure(t *testing.T) {
	var mu sync.Mutex // guards seen
	seen := map[int]bool{}
	err := each(0, 1000, 3, func(n int) error {
		mu.Lock()
		defer mu.Unlock()
		seen[n] = true
		if n == 10 {
			return errors.New("no")
		}
		return nil
	})
	if err == nil || err.Error() != "number 10: no" {
		t.Error(err)
	}
	seen = map[int]bool{}
	if err := each(5, 50, 3, func(n int) error {
		mu.Lock()
		defer mu.Unlock()
		seen[n] = true
		return nil
	}); err != nil || len(seen) != 45 || seen[4] || !seen[5] || !seen[49] {
		t.Error(err, len(seen))
	}
}
