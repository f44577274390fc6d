// Package golden is what the golden tests of the dialects are made with: certificates by name, and readable dumps of a
// model and of what HAProxy reads.
//
// Only tests use it. No dump has key material or anything that differs from run to run.
package golden

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// Fixtures are certificates that are made when they are first named.
type Fixtures struct {
	mu     sync.Mutex // guards the maps and the authorities in them
	cas    map[string]*testcert.CA
	leaves map[string]*testcert.Cert
}

// NewFixtures has no certificate yet.
func NewFixtures() *Fixtures {
	return &Fixtures{cas: map[string]*testcert.CA{}, leaves: map[string]*testcert.Cert{}}
}

var placeholder = regexp.MustCompile(`\$\{(CA|CRL|CRT|KEY|CLIENT):([^}]*)\}`)

// Expand replaces placeholders by PEM, to stand in a double-quoted string of YAML:
//
//	${CA:name}            an authority; "a>b" is an intermediate b below a
//	${CRL:name,cn…}       its revocation list, with the clients of these common names
//	${CRT:host,host…}     a server certificate, ${KEY:host,host…} its key
//	${CLIENT:name,cn}     a client certificate of an authority
func (f *Fixtures) Expand(text string) (string, error) {
	var failed error
	out := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		parts := placeholder.FindStringSubmatch(match)
		pem, err := f.pem(parts[1], parts[2])
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", match, err)
		}
		return strings.ReplaceAll(string(pem), "\n", `\n`)
	})
	return out, failed
}

func (f *Fixtures) pem(kind, argument string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, rest, _ := strings.Cut(argument, ",")
	switch kind {
	case "CA":
		ca, err := f.ca(argument)
		if err != nil {
			return nil, err
		}
		return ca.CertPEM(), nil
	case "CRL":
		return f.crl(name, rest)
	case "CLIENT":
		leaf, err := f.client(name, rest)
		if err != nil {
			return nil, err
		}
		return leaf.CertPEM(), nil
	default:
		leaf, err := f.server(argument)
		switch {
		case err != nil:
			return nil, err
		case kind == "KEY":
			return leaf.KeyPEM(), nil
		default:
			return leaf.CertPEM(), nil
		}
	}
}

// Client is the client certificate of a common name by an authority.
func (f *Fixtures) Client(ca, commonName string, options ...testcert.Option) (*testcert.Cert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.client(ca, commonName, options...)
}

func (f *Fixtures) client(name, commonName string, options ...testcert.Option) (*testcert.Cert, error) {
	ca, err := f.ca(name)
	if err != nil {
		return nil, err
	}
	return f.leaf("client "+name+","+commonName, func() (*testcert.Cert, error) { return ca.Client(commonName, options...) })
}

func (f *Fixtures) server(hosts string) (*testcert.Cert, error) {
	ca, err := f.ca("servers")
	if err != nil {
		return nil, err
	}
	names := strings.Split(hosts, ",")
	return f.leaf("server "+hosts, func() (*testcert.Cert, error) { return ca.Server(names[0], names[1:]) })
}

func (f *Fixtures) leaf(id string, issue func() (*testcert.Cert, error)) (*testcert.Cert, error) {
	if known := f.leaves[id]; known != nil {
		return known, nil
	}
	leaf, err := issue()
	if err != nil {
		return nil, err
	}
	f.leaves[id] = leaf
	return leaf, nil
}

// Authority makes an authority that is not plain, before it is named elsewhere.
func (f *Fixtures) Authority(name string, options ...testcert.Option) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.ca(name, options...)
	return err
}

func (f *Fixtures) ca(name string, options ...testcert.Option) (*testcert.CA, error) {
	if known := f.cas[name]; known != nil {
		return known, nil
	}
	var made *testcert.CA
	var err error
	if i := strings.LastIndex(name, ">"); i >= 0 {
		var above *testcert.CA
		if above, err = f.ca(name[:i]); err == nil {
			made, err = above.Intermediate(name[i+1:], options...)
		}
	} else {
		made, err = testcert.NewCA(name, options...)
	}
	if err != nil {
		return nil, err
	}
	f.cas[name] = made
	return made, nil
}

func (f *Fixtures) crl(name, clients string) ([]byte, error) {
	ca, err := f.ca(name)
	if err != nil {
		return nil, err
	}
	for _, cn := range strings.FieldsFunc(clients, func(r rune) bool { return r == ',' }) {
		leaf, err := f.client(name, cn)
		if err != nil {
			return nil, err
		}
		ca.Revoke(leaf)
	}
	return ca.CRL()
}
