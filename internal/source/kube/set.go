package kube

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/tools/cache"
)

// unreadSecrets leaves out the Secrets whose type says that they are none of an Ingress; releases of Helm are the
// biggest objects of many clusters.
const unreadSecrets = "type!=helm.sh/release.v1,type!=kubernetes.io/dockerconfigjson,type!=kubernetes.io/dockercfg," +
	"type!=bootstrap.kubernetes.io/token"

// unreadConfigMaps leaves out the copies of the cluster's CA that are in every namespace.
const unreadConfigMaps = "metadata.name!=kube-root-ca.crt"

// set is what is watched of one namespace, or of all, or a single object with what belongs to it. Tables that no watch
// fills stay empty.
type set struct {
	ingresses  *table[*netv1.Ingress]
	services   *table[*corev1.Service]
	slices     *table[*discoveryv1.EndpointSlice]
	secrets    *table[*corev1.Secret]
	configMaps *table[*corev1.ConfigMap]

	watches []setWatch
	running sync.WaitGroup
	ctx     context.Context // of its watches
	stop    context.CancelFunc
	relist  context.CancelFunc // ends the watch of Ingresses, to begin it anew
}

type setWatch struct {
	feed
	into store
}

type store interface {
	cache.ReflectorStore
	done() <-chan struct{}
}

func (s *Source) emptySet() *set {
	return &set{
		ingresses: newTable(kind[*netv1.Ingress]{
			trim: s.trim.ingress, keep: func(i *netv1.Ingress) bool { return (*s.serves.Load())(i) },
			same: sameIngress, share: shareIngress, changed: s.ingressChanged,
		}),
		services:   newTable(kind[*corev1.Service]{trim: s.trim.service, same: sameService, changed: s.serviceChanged}),
		slices:     newTable(kind[*discoveryv1.EndpointSlice]{trim: s.trim.slice, same: sameSlice, changed: s.sliceChanged}),
		secrets:    newTable(kind[*corev1.Secret]{trim: s.trim.secret, same: sameSecret, changed: s.secretChanged}),
		configMaps: newTable(kind[*corev1.ConfigMap]{trim: s.trim.configMap, same: sameConfigMap, changed: s.configMapChanged}),
	}
}

// namespaceSet watches all five kinds of a namespace, "" for all.
func (s *Source) namespaceSet(namespace string) *set {
	w := s.emptySet()
	core := s.Client.CoreV1().RESTClient()
	w.watches = []setWatch{
		{feed{client: core, resource: "services", example: &corev1.Service{}, namespace: namespace}, w.services},
		{feed{client: core, resource: "secrets", example: &corev1.Secret{}, namespace: namespace, fields: unreadSecrets}, w.secrets},
		{feed{client: core, resource: "configmaps", example: &corev1.ConfigMap{}, namespace: namespace, fields: unreadConfigMaps}, w.configMaps},
		{feed{
			client: s.Client.DiscoveryV1().RESTClient(), resource: "endpointslices", example: &discoveryv1.EndpointSlice{},
			namespace: namespace, labels: discoveryv1.LabelServiceName,
		}, w.slices},
		{feed{
			client: s.Client.NetworkingV1().RESTClient(), resource: "ingresses", example: &netv1.Ingress{}, namespace: namespace,
		}, w.ingresses},
	}
	return w
}

// start runs the watches until end, or the end of ctx.
func (s *Source) start(ctx context.Context, w *set) {
	w.ctx, w.stop = context.WithCancel(ctx)
	for _, one := range w.watches {
		if one.into == store(w.ingresses) {
			s.listIngresses(w)
			continue
		}
		w.running.Go(func() { s.follow(w.ctx, one.feed, one.into) })
	}
}

// listIngresses begins the watch of Ingresses anew: those that were not kept have to be read again.
func (s *Source) listIngresses(w *set) {
	if w.relist != nil {
		w.relist()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.relist = cancel
	for _, one := range w.watches {
		if one.into == store(w.ingresses) {
			w.running.Go(func() { s.follow(ctx, one.feed, one.into) })
		}
	}
}

func (w *set) end() {
	w.stop()
	w.running.Wait()
}

// synced waits for the first list of every kind; false if ctx ended before.
func (w *set) synced(ctx context.Context) bool {
	for _, one := range w.watches {
		select {
		case <-one.into.done():
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// known is synced without waiting.
func (w *set) known() bool {
	for _, one := range w.watches {
		select {
		case <-one.into.done():
		default:
			return false
		}
	}
	return true
}
