package dir

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// complete fills in what an API server would, so that an object reads the same from a file and from a cluster.
func complete(obj metav1.Object) error {
	switch o := obj.(type) {
	case *corev1.Secret:
		completeSecret(o)
	case *corev1.Service:
		completeService(o)
	case *discoveryv1.EndpointSlice:
		completeSlice(o)
	case *corev1.Endpoints:
		return checkEndpoints(o)
	}
	return nil
}

// completeSecret merges stringData, which wins over data.
func completeSecret(s *corev1.Secret) {
	if s.Type == "" {
		s.Type = corev1.SecretTypeOpaque
	}
	if len(s.StringData) > 0 && s.Data == nil {
		s.Data = make(map[string][]byte, len(s.StringData))
	}
	for k, v := range s.StringData {
		s.Data[k] = []byte(v)
	}
	s.StringData = nil
}

func completeService(s *corev1.Service) {
	if s.Spec.Type == "" {
		s.Spec.Type = corev1.ServiceTypeClusterIP
	}
	for n := range s.Spec.Ports {
		p := &s.Spec.Ports[n]
		if p.Protocol == "" {
			p.Protocol = corev1.ProtocolTCP
		}
		if p.TargetPort == intstr.FromInt32(0) || p.TargetPort == intstr.FromString("") {
			p.TargetPort = intstr.FromInt32(p.Port)
		}
	}
}

func completeSlice(s *discoveryv1.EndpointSlice) {
	for n := range s.Ports {
		p := &s.Ports[n]
		if p.Name == nil {
			p.Name = new("")
		}
		if p.Protocol == nil {
			p.Protocol = new(corev1.ProtocolTCP)
		}
	}
}

// checkEndpoints refuses addresses that are none, because their family decides into which slice they go.
func checkEndpoints(e *corev1.Endpoints) error {
	for n, s := range e.Subsets {
		for _, a := range append(s.Addresses[:len(s.Addresses):len(s.Addresses)], s.NotReadyAddresses...) {
			if ip, err := netip.ParseAddr(a.IP); err != nil || ip.Zone() != "" {
				return fmt.Errorf("subsets[%d] holds an address that is no IP address", n)
			}
		}
		for m := range s.Ports {
			if p := &s.Ports[m]; p.Protocol == "" {
				p.Protocol = corev1.ProtocolTCP
			}
		}
	}
	return nil
}
