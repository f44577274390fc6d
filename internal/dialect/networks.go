package dialect

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ParseNetworks accepts a comma-separated list of addresses and networks, as ingress-nginx does: blanks around them and
// bits behind the mask do not count. The result is sorted, without repetitions; it is empty for an empty text.
func ParseNetworks(s string) ([]netip.Prefix, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var out []netip.Prefix
	for word := range strings.SplitSeq(s, ",") {
		network, err := parseNetwork(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		out = append(out, network)
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out), nil
}

func parseNetwork(s string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(s)
	if err != nil {
		var addr netip.Addr
		if addr, err = netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			network = netip.PrefixFrom(addr, addr.BitLen())
		} else {
			return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network", s)
		}
	}
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	return network.Masked(), nil
}
