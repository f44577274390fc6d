// Package hostile puts text that wants to be configuration into every field and annotation that the compiler reads.
package hostile

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// place is a field that takes any text.
type place struct {
	name string
	put  func(o *snapshot.Objects, text string)
}

// first are the objects that a place changes.
func ingress(o *snapshot.Objects) *netv1.Ingress { return o.Ingresses[0] }
func path(o *snapshot.Objects) *netv1.HTTPIngressPath {
	return &ingress(o).Spec.Rules[0].HTTP.Paths[0]
}

// places lists every field, and every annotation and setting of the registry.
func places() []place {
	out := []place{
		{"ingress name", func(o *snapshot.Objects, s string) { ingress(o).Name = s }},
		{"host", func(o *snapshot.Objects, s string) { ingress(o).Spec.Rules[0].Host = s }},
		{"wildcard host", func(o *snapshot.Objects, s string) { ingress(o).Spec.Rules[0].Host = "*." + s }},
		{"prefix path", func(o *snapshot.Objects, s string) { path(o).Path = "/" + s }},
		{"exact path", func(o *snapshot.Objects, s string) {
			exact := netv1.PathTypeExact
			path(o).Path, path(o).PathType = "/"+s, &exact
		}},
		{"path type", func(o *snapshot.Objects, s string) {
			kind := netv1.PathType(s)
			path(o).PathType = &kind
		}},
		{"service name", func(o *snapshot.Objects, s string) {
			path(o).Backend.Service.Name, o.Services[0].Name = s, s
			o.EndpointSlices[0].Labels[discoveryv1.LabelServiceName] = s
		}},
		{"port name", func(o *snapshot.Objects, s string) {
			path(o).Backend.Service.Port = netv1.ServiceBackendPort{Name: s}
			o.Services[0].Spec.Ports[0].Name, o.EndpointSlices[0].Ports[0].Name = s, &s
		}},
		{"external name", func(o *snapshot.Objects, s string) {
			o.Services[0].Spec.Type, o.Services[0].Spec.ExternalName = corev1.ServiceTypeExternalName, s
		}},
		{"endpoint address", func(o *snapshot.Objects, s string) { o.EndpointSlices[0].Endpoints[0].Addresses[0] = s }},
		{"tls host", func(o *snapshot.Objects, s string) { ingress(o).Spec.TLS[0].Hosts[0] = s }},
		{"tls secret", func(o *snapshot.Objects, s string) {
			ingress(o).Spec.TLS[0].SecretName, o.Secrets[0].Name = s, s
		}},
		{"ca secret", func(o *snapshot.Objects, s string) {
			o.Secrets[1].Name = s
			ingress(o).Annotations["nginx.ingress.kubernetes.io/auth-tls-secret"] = "default/" + s
		}},
		{"ca.crt", func(o *snapshot.Objects, s string) {
			o.Secrets[1].Data["ca.crt"] = append([]byte(s+"\n"), o.Secrets[1].Data["ca.crt"]...)
		}},
		{"subject", func(o *snapshot.Objects, s string) {
			ingress(o).Annotations["nginx.ingress.kubernetes.io/auth-tls-match-cn"] = "CN=" + s
		}},
		{"error page", func(o *snapshot.Objects, s string) {
			ingress(o).Annotations["nginx.ingress.kubernetes.io/auth-tls-error-page"] = "https://errors.test/" + s
		}},
	}
	out = append(out, authPlaces()...)
	out = append(out, snippetPlaces()...)
	out = append(out, serverPlaces()...)
	for _, feature := range compile.Registry().Features {
		for _, spec := range feature.Keys {
			key := spec.Describe().Key
			out = append(out,
				place{"annotation " + key, func(o *snapshot.Objects, s string) {
					ingress(o).Annotations["nginx.ingress.kubernetes.io/"+key] = s
				}},
				place{"setting " + key, func(o *snapshot.Objects, s string) { o.ConfigMaps[0].Data[key] = s }})
		}
	}
	return out
}

// objects is one Ingress with everything that it names, in a namespace of its own, and the controller's settings.
func objects(n int, cert, key, ca []byte) *snapshot.Objects {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "default", Name: name} }
	class, prefix, yes, port, portName := "nginx", netv1.PathTypePrefix, true, int32(8080), "http"
	host := fmt.Sprintf("h%d.test", n)
	service := fmt.Sprintf("s%d", n)
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: meta(service + "-1"), Ports: []discoveryv1.EndpointPort{{Name: &portName, Port: &port}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"127.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}}},
	}
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	i := &netv1.Ingress{ObjectMeta: meta(fmt.Sprintf("i%d", n)), Spec: netv1.IngressSpec{
		IngressClassName: &class,
		TLS:              []netv1.IngressTLS{{Hosts: []string{host}, SecretName: fmt.Sprintf("t%d", n)}},
		Rules: []netv1.IngressRule{{Host: host, IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{
			Paths: []netv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: netv1.IngressBackend{
				Service: &netv1.IngressServiceBackend{Name: service, Port: netv1.ServiceBackendPort{Number: 80}},
			}}},
		}}}},
	}}
	i.Annotations = map[string]string{"nginx.ingress.kubernetes.io/auth-tls-secret": fmt.Sprintf("default/ca%d", n)}
	settings := &corev1.ConfigMap{ObjectMeta: meta("settings"), Data: map[string]string{}}
	allowSnippets(settings)
	return &snapshot.Objects{
		Ingresses:      []*netv1.Ingress{i},
		Services:       []*corev1.Service{{ObjectMeta: meta(service), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}},
		EndpointSlices: []*discoveryv1.EndpointSlice{slice},
		Secrets: []*corev1.Secret{
			{ObjectMeta: meta(fmt.Sprintf("t%d", n)), Data: map[string][]byte{"tls.crt": cert, "tls.key": key}},
			{ObjectMeta: meta(fmt.Sprintf("ca%d", n)), Data: map[string][]byte{"ca.crt": ca}},
		},
		ConfigMaps: []*corev1.ConfigMap{settings},
	}
}
