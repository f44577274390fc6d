package rig

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const (
	namespace        = "rig"
	className        = "nginx"
	serverSecret     = "server"
	settingsName     = "settings"
	annotationPrefix = "nginx.ingress.kubernetes.io/"
)

// manifests is the folder that Hawser reads.
type manifests struct {
	dir      string
	pki      *PKI
	server   authSecret
	upstream *Upstream
	settings map[string]string
}

// write puts the objects of the host table into one file, in one step. A
// Secret that is a key of swap gets the content of the one it is mapped to.
func (m manifests) write(hosts []Host, swap map[string]string) error {
	objects := []any{ingressClass(), secretObject(m.server), configMap(m.settings)}
	for _, service := range []string{ServiceA, ServiceB} {
		objects = append(objects, serviceObject(service), sliceObject(service, m.upstream.Port(service)))
	}
	for _, s := range m.pki.authSecrets() {
		if other, found := swap[s.name]; found {
			name := s.name
			s = m.pki.authSecret(other)
			s.name = name
		}
		objects = append(objects, secretObject(s))
	}
	born := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	for _, h := range hosts {
		for n, ingress := range h.Ingresses {
			objects = append(objects, ingressObject(h, n, ingress, born.Add(time.Duration(n)*time.Minute)))
		}
	}
	var out bytes.Buffer
	for _, o := range objects {
		doc, err := yaml.Marshal(o)
		if err != nil {
			return fmt.Errorf("encode manifest: %w", err)
		}
		out.WriteString("---\n")
		out.Write(doc)
	}
	unfinished := filepath.Join(m.dir, ".objects")
	if err := os.WriteFile(unfinished, out.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, filepath.Join(m.dir, "objects.yaml"))
}

// PassHost is the host of HawserPassing.
const PassHost = "passed-through.test"

func passing() string {
	return fmt.Sprintf(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: passing, namespace: %s, annotations: {%sssl-passthrough: "true"}}
spec:
  ingressClassName: %s
  rules:
  - host: %s
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}
`, namespace, annotationPrefix, className, PassHost, ServiceA)
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func ingressClass() *netv1.IngressClass {
	return &netv1.IngressClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IngressClass"},
		ObjectMeta: metav1.ObjectMeta{Name: className},
		Spec:       netv1.IngressClassSpec{Controller: "k8s.io/ingress-nginx"},
	}
}

func configMap(settings map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: meta(settingsName),
		Data:       settings,
	}
}

func secretObject(s authSecret) *corev1.Secret {
	secret := &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: meta(s.name),
		Type:       corev1.SecretTypeOpaque,
		Data:       map[string][]byte{},
	}
	if s.cert != nil {
		secret.Type = corev1.SecretTypeTLS
	}
	for key, value := range map[string][]byte{"tls.crt": s.cert, "tls.key": s.key, "ca.crt": s.ca, "ca.crl": s.crl} {
		if value != nil {
			secret.Data[key] = value
		}
	}
	return secret
}

func serviceObject(name string) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta(name),
		Spec:       corev1.ServiceSpec{ClusterIP: "10.0.0.1", Ports: []corev1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}}},
	}
}

func sliceObject(service string, port int32) *discoveryv1.EndpointSlice {
	portName, protocol, ready := "http", corev1.ProtocolTCP, true
	object := meta(service + "-1")
	object.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	return &discoveryv1.EndpointSlice{
		TypeMeta:    metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
		ObjectMeta:  object,
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &portName, Port: &port, Protocol: &protocol}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"127.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
	}
}

func ingressObject(h Host, n int, ingress Ingress, born time.Time) *netv1.Ingress {
	object := meta(fmt.Sprintf("%s-%d", strings.ReplaceAll(h.Name, "*", "any"), n))
	object.CreationTimestamp = metav1.NewTime(born)
	object.Annotations = annotations(ingress)
	class, prefix := className, netv1.PathTypePrefix
	rule := netv1.IngressRule{IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: []netv1.HTTPIngressPath{{
		Path: ingress.path(), PathType: &prefix,
		Backend: netv1.IngressBackend{Service: &netv1.IngressServiceBackend{Name: ingress.service(), Port: netv1.ServiceBackendPort{Number: 80}}},
	}}}}}
	spec := netv1.IngressSpec{IngressClassName: &class}
	if h.Name != CatchAll {
		rule.Host = h.Name
		spec.TLS = []netv1.IngressTLS{{Hosts: []string{h.Name}, SecretName: serverSecret}}
	}
	spec.Rules = []netv1.IngressRule{rule}
	return &netv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: object,
		Spec:       spec,
	}
}

func (i Ingress) path() string {
	if i.Path == "" {
		return "/"
	}
	return i.Path
}

func (i Ingress) service() string {
	if i.Service == "" {
		return ServiceA
	}
	return i.Service
}

func annotations(ingress Ingress) map[string]string {
	values := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			values[annotationPrefix+key] = value
		}
	}
	if ingress.PlainAllowed {
		set("ssl-redirect", "false")
	}
	if a := ingress.Auth; a != nil {
		set("auth-tls-secret", namespace+"/"+a.Secret)
		set("auth-tls-verify-client", a.Verify)
		set("auth-tls-verify-depth", a.Depth)
		set("auth-tls-error-page", a.ErrorPage)
		set("auth-tls-match-cn", a.MatchCN)
		set("auth-tls-pass-certificate-to-upstream", a.Pass)
	}
	return values
}
