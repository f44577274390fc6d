package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// trimmer copies out of an object what the compile, status and Events read. It makes new objects, so that the memory
// of the decoded ones is free as a whole. Trimming twice gives the same.
type trimmer struct{ prefixes []string }

// newTrimmer keeps the annotations of the dialects and those that name a class; the biggest of the others, kubectl's
// last applied configuration, is a second copy of the object.
func newTrimmer(annotationsPrefix string) trimmer {
	return trimmer{[]string{
		annotationsPrefix + "/", "haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/",
		"kubernetes.io/ingress.class", netv1.AnnotationIsDefaultIngressClass, "service.kubernetes.io/",
	}}
}

func (t trimmer) meta(o *metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: o.Namespace, Name: o.Name, UID: o.UID, ResourceVersion: o.ResourceVersion,
		CreationTimestamp: o.CreationTimestamp, Annotations: t.annotations(o.Annotations),
	}
}

func (t trimmer) annotations(all map[string]string) map[string]string {
	var out map[string]string
	for key, value := range all {
		for _, prefix := range t.prefixes {
			if strings.HasPrefix(key, prefix) {
				if out == nil {
					out = map[string]string{}
				}
				out[key] = value
				break
			}
		}
	}
	return out
}

func (t trimmer) ingress(o *netv1.Ingress) *netv1.Ingress {
	return &netv1.Ingress{ObjectMeta: t.meta(&o.ObjectMeta), Spec: o.Spec, Status: o.Status}
}

func (t trimmer) class(o *netv1.IngressClass) *netv1.IngressClass {
	return &netv1.IngressClass{ObjectMeta: t.meta(&o.ObjectMeta), Spec: netv1.IngressClassSpec{Controller: o.Spec.Controller}}
}

func (t trimmer) service(o *corev1.Service) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: t.meta(&o.ObjectMeta),
		Spec: corev1.ServiceSpec{
			Type: o.Spec.Type, ExternalName: o.Spec.ExternalName, Ports: o.Spec.Ports,
			ClusterIP: o.Spec.ClusterIP, ClusterIPs: o.Spec.ClusterIPs, ExternalIPs: o.Spec.ExternalIPs,
			TrafficDistribution: o.Spec.TrafficDistribution,
		},
		Status: corev1.ServiceStatus{LoadBalancer: o.Status.LoadBalancer},
	}
}

func (t trimmer) slice(o *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	out := &discoveryv1.EndpointSlice{ObjectMeta: t.meta(&o.ObjectMeta), AddressType: o.AddressType, Ports: o.Ports}
	out.Annotations = nil
	if name, ok := o.Labels[discoveryv1.LabelServiceName]; ok {
		out.Labels = map[string]string{discoveryv1.LabelServiceName: name}
	}
	out.Endpoints = make([]discoveryv1.Endpoint, len(o.Endpoints))
	for i := range o.Endpoints {
		e := &o.Endpoints[i]
		out.Endpoints[i] = discoveryv1.Endpoint{Addresses: e.Addresses, Conditions: e.Conditions, Hints: e.Hints}
	}
	return out
}

// secret leaves out the credential of a ServiceAccount, which nothing may read.
func (t trimmer) secret(o *corev1.Secret) *corev1.Secret {
	out := &corev1.Secret{ObjectMeta: t.meta(&o.ObjectMeta), Type: o.Type, Data: o.Data}
	out.Annotations = nil
	if o.Type == corev1.SecretTypeServiceAccountToken {
		out.Data = map[string][]byte{}
		for key, value := range o.Data {
			if key != corev1.ServiceAccountTokenKey {
				out.Data[key] = value
			}
		}
	}
	return out
}

func (t trimmer) configMap(o *corev1.ConfigMap) *corev1.ConfigMap {
	out := &corev1.ConfigMap{ObjectMeta: t.meta(&o.ObjectMeta), Data: o.Data}
	out.Annotations = nil
	return out
}

func (t trimmer) namespace(o *corev1.Namespace) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: o.Name, UID: o.UID, ResourceVersion: o.ResourceVersion, Labels: o.Labels,
	}}
}
