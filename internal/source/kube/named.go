package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Named are single objects that flags name. They are read wherever they are, also outside the watched namespaces.
type Named struct {
	Services   []types.NamespacedName
	Secrets    []types.NamespacedName
	ConfigMaps []types.NamespacedName
}

// covered reports whether the sets of namespaces have the object, whatever happens to labels.
func (s *Source) covered(n types.NamespacedName) bool {
	return s.Selector == nil && (s.Namespace == "" || s.Namespace == n.Namespace)
}

// namedSets are the sets for the objects of Named that no other set has.
func (s *Source) namedSets() []*set {
	var out []*set
	for _, n := range s.Named.Services {
		if !s.covered(n) {
			out = append(out, s.serviceSet(n))
		}
	}
	for _, n := range s.Named.Secrets {
		if !s.covered(n) {
			out = append(out, s.secretSet(n))
		}
	}
	for _, n := range s.Named.ConfigMaps {
		if !s.covered(n) {
			out = append(out, s.configMapSet(n))
		}
	}
	return out
}

func (s *Source) serviceSet(n types.NamespacedName) *set {
	w := s.emptySet()
	w.watches = []setWatch{
		{feed{
			client: s.Client.CoreV1().RESTClient(), resource: "services", example: &corev1.Service{},
			namespace: n.Namespace, fields: "metadata.name=" + n.Name,
		}, w.services},
		{feed{
			client: s.Client.DiscoveryV1().RESTClient(), resource: "endpointslices", example: &discoveryv1.EndpointSlice{},
			namespace: n.Namespace, labels: discoveryv1.LabelServiceName + "=" + n.Name,
		}, w.slices},
	}
	return w
}

func (s *Source) secretSet(n types.NamespacedName) *set {
	w := s.emptySet()
	w.watches = []setWatch{{feed{
		client: s.Client.CoreV1().RESTClient(), resource: "secrets", example: &corev1.Secret{},
		namespace: n.Namespace, fields: "metadata.name=" + n.Name, failed: func(error) bool {
			w.secrets.finish() // what can't be read counts as missing
			return false
		},
	}, w.secrets}}
	return w
}

func (s *Source) configMapSet(n types.NamespacedName) *set {
	w := s.emptySet()
	w.watches = []setWatch{{feed{
		client: s.Client.CoreV1().RESTClient(), resource: "configmaps", example: &corev1.ConfigMap{},
		namespace: n.Namespace, fields: "metadata.name=" + n.Name,
	}, w.configMaps}}
	return w
}

// settingsSet is for an object that the settings name: a Secret or a ConfigMap, which of them only a compile knows. What
// can't be read counts as missing, and the compile says so.
func (s *Source) settingsSet(n types.NamespacedName) *set {
	w := s.secretSet(n)
	w.watches = append(w.watches, setWatch{feed{
		client: s.Client.CoreV1().RESTClient(), resource: "configmaps", example: &corev1.ConfigMap{},
		namespace: n.Namespace, fields: "metadata.name=" + n.Name, failed: func(error) bool {
			w.configMaps.finish()
			return true
		},
	}, w.configMaps})
	return w
}

// settingsObjects are the Secrets and ConfigMaps that the controller's ConfigMap names outside the watched namespaces, such as
// a CA for all hosts, or headers for all of them.
func (s *Source) settingsObjects() map[types.NamespacedName]bool {
	out := map[types.NamespacedName]bool{}
	config := s.configMap(s.Settings.ConfigMap)
	if config == nil {
		return out
	}
	for _, value := range config.Data {
		namespace, name, pair := strings.Cut(strings.TrimSpace(value), "/")
		n := types.NamespacedName{Namespace: namespace, Name: name}
		if pair && isName(namespace) && isName(name) && !s.covered(n) {
			out[n] = true
		}
	}
	return out
}

func isName(s string) bool {
	for i := range len(s) {
		if !ofName(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= 253
}
