package kube

import (
	"context"
	"slices"
	"strings"
	"sync"

	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// classes are the IngressClasses of the cluster, or a stand-in where they may not be read: then an Ingress is served
// that names the class of --ingress-class.
type classes struct {
	*table[*netv1.IngressClass]
	standIn []*netv1.IngressClass

	once      sync.Once
	forbidden chan struct{} // closed when the API server says no
}

func newClasses(s *Source) *classes {
	return &classes{
		table: newTable(kind[*netv1.IngressClass]{trim: s.trim.class, same: sameClass, changed: s.classChanged}),
		standIn: []*netv1.IngressClass{{
			ObjectMeta: metav1.ObjectMeta{Name: s.Settings.IngressClass},
			Spec:       netv1.IngressClassSpec{Controller: s.Settings.ControllerClass},
		}},
		forbidden: make(chan struct{}),
	}
}

func (c *classes) follow(ctx context.Context, s *Source) {
	s.follow(ctx, feed{
		client: s.Client.NetworkingV1().RESTClient(), resource: "ingressclasses", example: &netv1.IngressClass{},
		failed: func(err error) bool {
			if !apierrors.IsForbidden(err) {
				return false
			}
			c.once.Do(func() {
				s.Log.Warn("IngressClasses may not be read; Ingresses of the class named by --ingress-class are served",
					"class", s.Settings.IngressClass)
				close(c.forbidden)
			})
			return true
		},
	}, c.table)
}

// known waits until it is clear what the classes are; false if ctx ended before.
func (c *classes) known(ctx context.Context) bool {
	select {
	case <-c.synced:
	case <-c.forbidden:
	case <-ctx.Done():
		return false
	}
	return true
}

// list is sorted by name. Rights that are given later make the real classes appear.
func (c *classes) list() []*netv1.IngressClass {
	select {
	case <-c.synced:
		list := slices.Clone(c.objects())
		slices.SortFunc(list, func(a, b *netv1.IngressClass) int { return strings.Compare(a.Name, b.Name) })
		return list
	default:
	}
	return c.standIn
}
