package gen

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a World behind an API server.
type Cluster struct{ client kubernetes.Interface }

// callLimit bounds one call of the API server.
const callLimit = 30 * time.Second

// NewCluster makes the namespaces and what every site needs.
func NewCluster(kubeconfig string) (Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return Cluster{}, fmt.Errorf("read %s: %w", kubeconfig, err)
	}
	config.QPS = -1 // the server is to be waited for, not the client
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return Cluster{}, err
	}
	c := Cluster{client}
	for _, ns := range append(Namespaces(), SettingsNamespace) {
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
		err := c.call(func(ctx context.Context) error {
			_, err := client.CoreV1().Namespaces().Create(ctx, object, metav1.CreateOptions{})
			return err
		})
		if err != nil {
			return c, fmt.Errorf("create namespace %s: %w", ns, err)
		}
	}
	err = c.call(func(ctx context.Context) error {
		_, err := client.NetworkingV1().IngressClasses().Create(ctx, Class(), metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return c, fmt.Errorf("create the IngressClass: %w", err)
	}
	return c, c.PutSettings(Plain())
}

func (c Cluster) call(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	return f(ctx)
}

// putter are the calls that make an object or replace it.
type putter[T any] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
}

// put creates an object, or replaces the one that is there.
func put[T any](c Cluster, p putter[T], object T, replace bool) error {
	return c.call(func(ctx context.Context) error {
		if replace {
			_, err := p.Update(ctx, object, metav1.UpdateOptions{})
			if !apierrors.IsNotFound(err) {
				return err
			}
		}
		_, err := p.Create(ctx, object, metav1.CreateOptions{})
		return err
	})
}

// PutIngress is of World, as are the others.
func (c Cluster) PutIngress(n, service int) error {
	return put(c, c.client.NetworkingV1().Ingresses(Namespace(n)), Ingress(n, service), false)
}

func (c Cluster) PutService(n int) error {
	return put(c, c.client.CoreV1().Services(Namespace(n)), Service(n), false)
}

func (c Cluster) PutEndpoints(n, first, second int) error {
	return put(c, c.client.DiscoveryV1().EndpointSlices(Namespace(n)), Slice(n, first, second), first+second > 0)
}

func (c Cluster) PutSecret(group, renewal int) error {
	s, err := Secret(group, renewal)
	if err != nil {
		return err
	}
	return put(c, c.client.CoreV1().Secrets(s.Namespace), s, renewal > 0)
}

func (c Cluster) PutSettings(data map[string]string) error {
	return put(c, c.client.CoreV1().ConfigMaps(SettingsNamespace), Settings(data), true)
}

func (c Cluster) DeleteIngress(n int) error {
	return c.call(func(ctx context.Context) error {
		return c.client.NetworkingV1().Ingresses(Namespace(n)).Delete(ctx, Name(n), metav1.DeleteOptions{})
	})
}

func (c Cluster) DeleteService(n int) error {
	return c.call(func(ctx context.Context) error {
		if err := c.client.DiscoveryV1().EndpointSlices(Namespace(n)).Delete(ctx, Name(n), metav1.DeleteOptions{}); err != nil {
			return err
		}
		return c.client.CoreV1().Services(Namespace(n)).Delete(ctx, Name(n), metav1.DeleteOptions{})
	})
}
