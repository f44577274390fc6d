package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/assess"
	"github.com/hawser-ingress/hawser/internal/ingressnginx"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// gatherCluster reads a cluster once: the workload of ingress-nginx first, because its flags say what else to read.
func (a *assessCommand) gatherCluster(s Streams, f *pflag.FlagSet, in *assess.Input) error {
	config, err := a.cluster.config()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("reach the API server: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	found, err := controllers(ctx, client)
	if apierrors.IsForbidden(err) {
		in.Notes = append(in.Notes, "The Deployment of ingress-nginx was not looked for: listing Deployments and DaemonSets is forbidden.")
	} else if err != nil {
		return err
	}
	if err := a.adopt(found, f, in); err != nil {
		return err
	}
	if in.Objects, in.Issues, err = a.cluster.read(a.settings, s); err != nil {
		return err
	}
	others, err := ingresses(ctx, client, a.cluster.namespace)
	if err != nil {
		return err
	}
	known := map[[2]string]bool{}
	for _, i := range in.Objects.Ingresses {
		known[[2]string{i.Namespace, i.Name}] = true
	}
	for _, i := range others {
		if !known[[2]string{i.Namespace, i.Name}] {
			in.Objects.Ingresses = append(in.Objects.Ingresses, i)
		}
	}
	return nil
}

// page is how many objects are asked for at a time.
const page = 500

// controllers finds the workloads that run ingress-nginx.
func controllers(ctx context.Context, client kubernetes.Interface) ([]ingressnginx.Controller, error) {
	var out []ingressnginx.Controller
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := client.AppsV1().Deployments("").List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("list Deployments: %w", err)
		}
		for i := range list.Items {
			d := &list.Items[i]
			if args, ok := ingressnginx.Args(d.Namespace, &d.Spec.Template.Spec); ok {
				out = append(out, ingressnginx.Controller{Object: issue.Ref{Kind: "Deployment", Namespace: d.Namespace, Name: d.Name}, Args: args})
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	for {
		list, err := client.AppsV1().DaemonSets("").List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("list DaemonSets: %w", err)
		}
		for i := range list.Items {
			d := &list.Items[i]
			if args, ok := ingressnginx.Args(d.Namespace, &d.Spec.Template.Spec); ok {
				out = append(out, ingressnginx.Controller{Object: issue.Ref{Kind: "DaemonSet", Namespace: d.Namespace, Name: d.Name}, Args: args})
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return slices.Clip(out), nil
		}
	}
}

// ingresses lists all of them, also those of other controllers, which the report counts.
func ingresses(ctx context.Context, client kubernetes.Interface, namespace string) ([]*netv1.Ingress, error) {
	var out []*netv1.Ingress
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := client.NetworkingV1().Ingresses(namespace).List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("list Ingresses: %w", err)
		}
		for i := range list.Items {
			out = append(out, &list.Items[i])
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return out, nil
		}
	}
}
