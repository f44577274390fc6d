// Package gen makes the objects that the benchmark measures with: site n is an Ingress with a host and two paths of its
// own and a Service with two endpoints; ten sites share a TLS Secret.
//
// Everything follows from the number alone, keys and certificates included: two runs measure the same bytes. It never
// makes an address outside of the network that the benchmark owns.
package gen

import (
	"fmt"
	"net/netip"
)

const (
	// PerSecret is how many hosts a certificate is for.
	PerSecret = 10
	// Network holds every endpoint.
	Network = "10.64.0.1/12"
	// Generations is how many sets of endpoints a site has that differ from one another.
	Generations = 8

	namespaces = 10
	port       = 8000
	// most is the number of sites whose endpoints fit into one generation.
	most = 30_000
)

// Port is where every endpoint listens.
func Port() int { return port }

// Namespaces lists where the sites are.
func Namespaces() []string {
	var out []string
	for n := range namespaces {
		out = append(out, fmt.Sprintf("team-%d", n))
	}
	return out
}

// Host is the name of a site.
func Host(n int) string { return Name(n) + ".bench.example" }

// Name is that of the site's Ingress, Service and EndpointSlice.
func Name(n int) string { return fmt.Sprintf("site-%05d", n) }

// Namespace is where the site is; sites that share a Secret are together.
func Namespace(n int) string { return fmt.Sprintf("team-%d", Group(n)%namespaces) }

// Group is the number of the site's Secret.
func Group(n int) int { return n / PerSecret }

// Groups is the number of Secrets that count sites need.
func Groups(count int) int { return (count + PerSecret - 1) / PerSecret }

// SecretName is that of a group.
func SecretName(group int) string { return fmt.Sprintf("tls-%04d", group) }

// Endpoints are the two addresses of a site; no two sites or generations share one.
func Endpoints(n, generation int) [2]netip.Addr {
	if n < 0 || n >= most {
		panic(fmt.Sprintf("site %d is none of %d", n, most))
	}
	var out [2]netip.Addr
	for k := range out {
		low := 256 + 2*n + k // the first 256 addresses are left to the machine
		out[k] = netip.AddrFrom4([4]byte{10, byte(64 + generation%Generations), byte(low >> 8), byte(low)})
	}
	return out
}

// Site tells whose endpoint an address is, and of which generation.
func Site(a netip.Addr) (n, generation int, ok bool) {
	if !a.Is4() {
		return 0, 0, false
	}
	b := a.As4()
	low := int(b[2])<<8 + int(b[3]) - 256
	generation = int(b[1]) - 64
	if b[0] != 10 || generation < 0 || generation >= Generations || low < 0 || low >= 2*most {
		return 0, 0, false
	}
	return low / 2, generation, true
}
