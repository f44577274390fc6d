package assess

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// assumption collects the objects that are named and not there.
type assumption struct {
	objects  *snapshot.Objects
	presence Presence
	have     map[snapshot.Key]bool
	missing  map[snapshot.Key]*absent
}

// absent is one of them, with everything that it would be used for.
type absent struct {
	uses      map[use]bool
	ports     map[netv1.ServiceBackendPort]bool
	hosts     map[string]bool
	ingresses []string // in the order of the snapshot
}

// assume returns the objects with a stand-in for each that is named, not there, and may be assumed; and what those are.
// Which Ingresses count decides serves.
func assume(o *snapshot.Objects, settings snapshot.Settings, p Presence, serves func(*netv1.Ingress) bool) (*snapshot.Objects, map[snapshot.Key]*absent, error) {
	a := &assumption{objects: o, presence: p, have: map[snapshot.Key]bool{}, missing: map[snapshot.Key]*absent{}}
	a.index()
	for _, i := range o.Ingresses {
		if !serves(i) {
			continue
		}
		for _, n := range ofIngress(i, settings.AnnotationsPrefix) {
			a.note(n, i)
		}
	}
	a.settings(settings)
	if len(a.missing) == 0 {
		return o, nil, nil
	}
	out, err := a.standIns()
	return out, a.missing, err
}

func (a *assumption) index() {
	for _, s := range a.objects.Services {
		a.have[snapshot.Key{Kind: "Service", Namespace: s.Namespace, Name: s.Name}] = true
	}
	for _, s := range a.objects.Secrets {
		a.have[snapshot.Key{Kind: "Secret", Namespace: s.Namespace, Name: s.Name}] = true
	}
	for _, c := range a.objects.ConfigMaps {
		a.have[snapshot.Key{Kind: "ConfigMap", Namespace: c.Namespace, Name: c.Name}] = true
	}
}

// settings notes what the flags and the controller's ConfigMap name.
func (a *assumption) settings(s snapshot.Settings) {
	flag := func(kind string, name types.NamespacedName, u use) {
		if name.Name != "" {
			a.note(named{Key: snapshot.Key{Kind: kind, Namespace: name.Namespace, Name: name.Name}, use: u, port: netv1.ServiceBackendPort{Number: 80}}, nil)
		}
	}
	flag("ConfigMap", s.ConfigMap, forHeaders)
	flag("ConfigMap", s.TCPServices, forHeaders)
	flag("Secret", s.DefaultCert, forHosts)
	flag("Service", s.DefaultBackend, forRoutes)
	for _, c := range a.objects.ConfigMaps {
		if c.Namespace == s.ConfigMap.Namespace && c.Name == s.ConfigMap.Name {
			for _, n := range ofValues(c.Namespace, c.Data) {
				a.note(n, nil)
			}
		}
	}
}

func (a *assumption) note(n named, by *netv1.Ingress) {
	if a.have[n.Key] || !a.presence.assumes(n.Kind, a.objects) {
		return
	}
	m := a.missing[n.Key]
	if m == nil {
		m = &absent{uses: map[use]bool{}, ports: map[netv1.ServiceBackendPort]bool{}, hosts: map[string]bool{}}
		a.missing[n.Key] = m
	}
	m.uses[n.use] = true
	if n.use == forRoutes {
		m.ports[n.port] = true
	}
	if by == nil {
		return
	}
	if name := by.Namespace + "/" + by.Name; !slices.Contains(m.ingresses, name) {
		m.ingresses = append(m.ingresses, name)
	}
	if n.use == forHosts {
		for i := range by.Spec.Rules {
			m.hosts[strings.ToLower(by.Spec.Rules[i].Host)] = true
		}
	}
}

// standIns adds an object for each that is missing to a copy of the lists.
func (a *assumption) standIns() (*snapshot.Objects, error) {
	authority, err := pki.NewAssumed()
	if err != nil {
		return nil, err
	}
	out := *a.objects
	out.Services, out.Secrets, out.ConfigMaps = slices.Clip(out.Services), slices.Clip(out.Secrets), slices.Clip(out.ConfigMaps)
	for _, key := range slices.SortedFunc(maps.Keys(a.missing), compareKeys) {
		meta := metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}
		switch m := a.missing[key]; key.Kind {
		case "Service":
			out.Services = append(out.Services, &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
				Type: corev1.ServiceTypeClusterIP, ClusterIP: "192.0.2.1", Ports: servicePorts(m),
			}})
		case "ConfigMap":
			out.ConfigMaps = append(out.ConfigMaps, &corev1.ConfigMap{ObjectMeta: meta})
		case "Secret":
			data, err := secretData(m, authority)
			if err != nil {
				return nil, err
			}
			out.Secrets = append(out.Secrets, &corev1.Secret{ObjectMeta: meta, Data: data})
		}
	}
	return &out, nil
}

func compareKeys(a, b snapshot.Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func servicePorts(m *absent) []corev1.ServicePort {
	ports := slices.SortedFunc(maps.Keys(m.ports), func(a, b netv1.ServiceBackendPort) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	var out []corev1.ServicePort
	for _, p := range ports {
		out = append(out, corev1.ServicePort{Name: p.Name, Port: cmp.Or(p.Number, 80), Protocol: corev1.ProtocolTCP})
	}
	return out
}

// assumedHash is of no password: nobody is ever asked for it.
const assumedHash = "{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA="

func secretData(m *absent, authority *pki.Assumed) (map[string][]byte, error) {
	data := map[string][]byte{}
	if m.uses[forClients] || m.uses[forServers] {
		data["ca.crt"] = authority.CA()
	}
	if m.uses[forHosts] || m.uses[forServers] {
		var err error
		if data["tls.crt"], data["tls.key"], err = authority.Server(certNames(m)); err != nil {
			return nil, err
		}
	}
	if m.uses[forUsers] {
		data["auth"] = []byte("assumed:" + assumedHash + "\n")
	}
	if m.uses[forUserMap] {
		data["assumed"] = []byte(assumedHash)
	}
	return data, nil
}

// certNames are the hosts of the Ingresses; what is no name stays out, and the compile says so.
func certNames(m *absent) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m.hosts)) {
		if name != "" && !strings.ContainsFunc(name, func(c rune) bool { return c > 0x7e || c <= ' ' }) {
			out = append(out, name)
		}
	}
	return out
}
