package dir

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// slicesOf turns Endpoints into EndpointSlices: one for each subset and address family, because the ports of a
// subset belong to its addresses only. Their names hold a ":", so no object of a manifest can have them.
func slicesOf(e *corev1.Endpoints) []*discoveryv1.EndpointSlice {
	var out []*discoveryv1.EndpointSlice
	for n, subset := range e.Subsets {
		ports := portsOf(subset.Ports)
		for _, family := range []discoveryv1.AddressType{discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6} {
			endpoints := endpointsOf(subset.Addresses, family, true)
			endpoints = append(endpoints, endpointsOf(subset.NotReadyAddresses, family, false)...)
			if len(endpoints) == 0 {
				continue
			}
			out = append(out, &discoveryv1.EndpointSlice{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: e.Namespace,
					Name:      fmt.Sprintf("%s:%d:%s", e.Name, n, family),
					Labels:    map[string]string{discoveryv1.LabelServiceName: e.Name},
				},
				AddressType: family,
				Endpoints:   endpoints,
				Ports:       ports,
			})
		}
	}
	return out
}

func portsOf(in []corev1.EndpointPort) []discoveryv1.EndpointPort {
	out := make([]discoveryv1.EndpointPort, 0, len(in))
	for _, p := range in {
		out = append(out, discoveryv1.EndpointPort{
			Name: &p.Name, Port: &p.Port, Protocol: &p.Protocol, AppProtocol: p.AppProtocol,
		})
	}
	return out
}

func endpointsOf(in []corev1.EndpointAddress, family discoveryv1.AddressType, ready bool) []discoveryv1.Endpoint {
	var out []discoveryv1.Endpoint
	for _, a := range in {
		if familyOf(a.IP) != family {
			continue
		}
		e := discoveryv1.Endpoint{
			Addresses:  []string{a.IP},
			Conditions: discoveryv1.EndpointConditions{Ready: &ready},
			NodeName:   a.NodeName,
			TargetRef:  a.TargetRef,
		}
		if a.Hostname != "" {
			e.Hostname = &a.Hostname
		}
		out = append(out, e)
	}
	return out
}

func familyOf(ip string) discoveryv1.AddressType {
	if a, err := netip.ParseAddr(ip); err == nil && a.Unmap().Is4() {
		return discoveryv1.AddressTypeIPv4
	}
	return discoveryv1.AddressTypeIPv6
}
