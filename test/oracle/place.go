package oracle

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// A Place is what the placeholders of one case mean: its namespace and the addresses of the upstream servers that it may use.
type Place struct {
	Namespace string
	Block     Block
	PKI       *PKI
}

// A Block is a /24 of loopback addresses, one per upstream server.
type Block struct{ prefix netip.Prefix }

// server gives one upstream server its name in recordings, its last address byte, its port and what it speaks.
type server struct {
	name  string
	place string // placeholder
	host  byte
	port  uint16
	kind  serverKind
}

type serverKind int

const (
	httpServer serverKind = iota
	tlsServer
	grpcServer
	grpcsServer
	authServer
	errorServer
	probeServer // answers what waits for Hawser to be ready; such requests may come late and belong to no case
	noServer
)

// servers lists every upstream server of a block; the ports are those in the recorded manifests.
func servers() []server {
	return []server{
		{"a", "ECHO_A", 1, 39000, httpServer},
		{"a2", "ECHO_A2", 2, 39000, httpServer},
		{"a3", "ECHO_A3", 3, 39000, httpServer},
		{"b", "ECHO_B", 4, 39000, httpServer},
		{"b2", "ECHO_B2", 5, 39000, httpServer},
		{"c", "ECHO_C", 6, 39000, httpServer},
		{"mirror", "MIRROR", 7, 39000, httpServer},
		{"tls-a", "TLS_A", 8, 9443, tlsServer},
		{"grpc-a", "GRPC_A", 9, 9001, grpcServer},
		{"grpcs-a", "GRPCS_A", 10, 9444, grpcsServer},
		{"auth", "AUTH", 11, 9002, authServer},
		{"errors", "ERRORS", 12, 9003, errorServer},
		{"dead", "DEAD", 13, 0, noServer},
		{"vip-a", "VIP_A", 14, 80, httpServer},
		{"vip-tls", "VIP_TLS", 15, 443, tlsServer},
		{"probe", "PROBE", 16, 39000, probeServer},
	}
}

func (b Block) addr(s server) netip.Addr {
	bytes := b.prefix.Addr().As4()
	bytes[3] = s.host
	return netip.AddrFrom4(bytes)
}

// fill replaces the placeholders in text. Names that are not known stay: "${request_uri}" belongs to the annotation it stands in.
func (p Place) fill(text string) (string, error) {
	var failed error
	out := placeholder().ReplaceAllStringFunc(text, func(m string) string {
		name, arg, _ := strings.Cut(m[2:len(m)-1], ":")
		value, err := p.value(name, arg)
		if err != nil {
			failed = err
		}
		return value
	})
	return out, failed
}

func placeholder() *regexp.Regexp {
	return regexp.MustCompile(`\$\{[A-Z][A-Z0-9_]*(:[^}]*)?\}`)
}

func (p Place) value(name, arg string) (string, error) {
	for _, s := range servers() {
		if s.place == name {
			return p.Block.addr(s).String(), nil
		}
	}
	var data []byte
	switch name {
	case "NS":
		return p.Namespace, nil
	case "CERT", "KEY":
		c, err := p.PKI.serverCert(arg, &p.PKI.server)
		if err != nil {
			return "", err
		}
		data = certPEM(c.Certificate...)
		if name == "KEY" {
			if data, err = keyPEM(c); err != nil {
				return "", err
			}
		}
	case "CLIENT_CERT", "CLIENT_KEY":
		c, ok := p.PKI.client[arg]
		if !ok {
			return "", fmt.Errorf("placeholder %s: no client certificate %q", name, arg)
		}
		data = certPEM(c.Certificate...)
		if name == "CLIENT_KEY" {
			var err error
			if data, err = keyPEM(c); err != nil {
				return "", err
			}
		}
	case "CA":
		ca, ok := map[string]authority{"clients": p.PKI.clients, "others": p.PKI.others, "upstream": p.PKI.upstream, "server": p.PKI.server}[arg]
		if !ok {
			return "", fmt.Errorf("placeholder CA: no authority %q", arg)
		}
		data = certPEM(ca.cert.Raw)
	case "CRL":
		data = p.PKI.crl
	default:
		return "", fmt.Errorf("unknown placeholder %s", name)
	}
	return base64.StdEncoding.EncodeToString(data), nil
}
