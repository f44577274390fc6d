package gen

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	class      = "nginx"
	controller = "k8s.io/ingress-nginx"
	portName   = "http"

	// SettingsNamespace and SettingsName are of the controller's ConfigMap.
	SettingsNamespace = "ingress"
	SettingsName      = "settings"
)

// Class is the IngressClass of every site.
func Class() *netv1.IngressClass {
	return &netv1.IngressClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IngressClass"},
		ObjectMeta: metav1.ObjectMeta{Name: class},
		Spec:       netv1.IngressClassSpec{Controller: controller},
	}
}

// Settings is the controller's ConfigMap.
func Settings(data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: SettingsNamespace, Name: SettingsName},
		Data:       data,
	}
}

// Ingress is that of site n; its Service is that of site service, which is in the same namespace as every site of the
// same last digit of the group.
func Ingress(n, service int) *netv1.Ingress {
	kind := netv1.PathTypePrefix
	var paths []netv1.HTTPIngressPath
	for _, path := range []string{"/", "/api"} {
		paths = append(paths, netv1.HTTPIngressPath{
			Path: path, PathType: &kind,
			Backend: netv1.IngressBackend{Service: &netv1.IngressServiceBackend{
				Name: Name(service), Port: netv1.ServiceBackendPort{Name: portName},
			}},
		})
	}
	name := class
	return &netv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace(n), Name: Name(n)},
		Spec: netv1.IngressSpec{
			IngressClassName: &name,
			TLS:              []netv1.IngressTLS{{Hosts: []string{Host(n)}, SecretName: SecretName(Group(n))}},
			Rules: []netv1.IngressRule{{
				Host:             Host(n),
				IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: paths}},
			}},
		},
	}
}

// Service is that of site n.
func Service(n int) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace(n), Name: Name(n)},
		Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone,
			Ports:     []corev1.ServicePort{{Name: portName, Port: 80, TargetPort: intstr.FromInt32(port)}},
		},
	}
}

// Slice has the endpoints of site n, each of a generation.
func Slice(n, first, second int) *discoveryv1.EndpointSlice {
	name, number, protocol, ready := portName, int32(port), corev1.ProtocolTCP, true
	s := &discoveryv1.EndpointSlice{
		TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: Namespace(n), Name: Name(n), Labels: map[string]string{discoveryv1.LabelServiceName: Name(n)},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &name, Port: &number, Protocol: &protocol}},
	}
	for _, a := range []netip.Addr{Endpoints(n, first)[0], Endpoints(n, second)[1]} {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{a.String()}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
		})
	}
	return s
}

// Plain are the settings of a measurement: the sites are served on plain HTTP, too.
func Plain() map[string]string { return map[string]string{"ssl-redirect": "false"} }
