package assess

import (
	"maps"
	"slices"
	"strings"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// use is how a named object is used; it decides what an assumed one has to hold.
type use int

const (
	forRoutes  use = iota // a Service: the port of a backend
	forHosts              // a Secret: certificate and key of a host
	forClients            // a Secret: CA of client certificates
	forServers            // a Secret: certificate, key and CA for connections to servers
	forUsers              // a Secret: users and hashes, as a file
	forUserMap            // a Secret: users and hashes, one key each
	forHeaders            // a ConfigMap with names and values
)

// named is an object that an Ingress or the settings name.
type named struct {
	snapshot.Key
	use  use
	port netv1.ServiceBackendPort // of a Service
}

// values tells which keys, as an annotation or in the ConfigMap, name an object.
func values() map[string]struct {
	kind string
	use  use
} {
	return map[string]struct {
		kind string
		use  use
	}{
		"auth-tls-secret":          {"Secret", forClients},
		"auth-secret":              {"Secret", forUsers},
		"proxy-ssl-secret":         {"Secret", forServers},
		"custom-headers":           {"ConfigMap", forHeaders},
		"auth-proxy-set-headers":   {"ConfigMap", forHeaders},
		"add-headers":              {"ConfigMap", forHeaders},
		"proxy-set-headers":        {"ConfigMap", forHeaders},
		"fastcgi-params-configmap": {"ConfigMap", forHeaders},
		"client-ca":                {"Secret", forClients},
	}
}

// ofIngress lists what an Ingress names.
func ofIngress(i *netv1.Ingress, prefix string) []named {
	var out []named
	backend := func(b *netv1.IngressBackend) {
		if b != nil && b.Service != nil {
			out = append(out, named{snapshot.Key{Kind: "Service", Namespace: i.Namespace, Name: b.Service.Name}, forRoutes, b.Service.Port})
		}
	}
	backend(i.Spec.DefaultBackend)
	for n := range i.Spec.Rules {
		if http := i.Spec.Rules[n].HTTP; http != nil {
			for m := range http.Paths {
				backend(&http.Paths[m].Backend)
			}
		}
	}
	for n := range i.Spec.TLS {
		if name := i.Spec.TLS[n].SecretName; name != "" {
			out = append(out, named{Key: snapshot.Key{Kind: "Secret", Namespace: i.Namespace, Name: name}, use: forHosts})
		}
	}
	own := map[string]string{}
	for key, value := range i.Annotations {
		if short, ok := strings.CutPrefix(key, prefix+"/"); ok {
			own[short] = value
		}
	}
	return append(out, ofValues(i.Namespace, own)...)
}

// ofValues lists what annotations or settings name; an object without a namespace is in that of the Ingress.
func ofValues(namespace string, all map[string]string) []named {
	var out []named
	for key, of := range values() {
		value := strings.TrimSpace(all[key])
		if value == "" {
			continue
		}
		where, name, ok := strings.Cut(value, "/")
		if !ok {
			where, name = namespace, value
		}
		if where == "" || name == "" || strings.ContainsAny(name, "/ ") {
			continue // no name; the compile says so
		}
		n := named{Key: snapshot.Key{Kind: of.kind, Namespace: where, Name: name}, use: of.use}
		if of.use == forUsers && strings.TrimSpace(all["auth-secret-type"]) == "auth-map" {
			n.use = forUserMap
		}
		out = append(out, n)
	}
	return out
}

// NamingKeys lists the keys whose values name objects, by name.
func NamingKeys() []string { return slices.Sorted(maps.Keys(values())) }
