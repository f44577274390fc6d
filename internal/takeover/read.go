package takeover

import (
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func (w *World) readWorkloads(ctx context.Context, k kubernetes.Interface) error {
	err := each(ctx, w, "Deployments", func(ctx context.Context, o metav1.ListOptions) (string, []appsv1.Deployment, error) {
		l, err := k.AppsV1().Deployments("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(d appsv1.Deployment) { w.Workloads = append(w.Workloads, ofDeployment(&d)) })
	if err != nil {
		return err
	}
	return each(ctx, w, "DaemonSets", func(ctx context.Context, o metav1.ListOptions) (string, []appsv1.DaemonSet, error) {
		l, err := k.AppsV1().DaemonSets("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(d appsv1.DaemonSet) { w.Workloads = append(w.Workloads, ofDaemonSet(&d)) })
}

func (w *World) readCore(ctx context.Context, k kubernetes.Interface) error {
	err := each(ctx, w, "Services", func(ctx context.Context, o metav1.ListOptions) (string, []corev1.Service, error) {
		l, err := k.CoreV1().Services("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(s corev1.Service) { w.Services = append(w.Services, s) })
	if err != nil {
		return err
	}
	err = each(ctx, w, "Namespaces", func(ctx context.Context, o metav1.ListOptions) (string, []corev1.Namespace, error) {
		l, err := k.CoreV1().Namespaces().List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(n corev1.Namespace) { w.Namespaces = append(w.Namespaces, n) })
	if err != nil {
		return err
	}
	var mine []Workload
	w.controllers(func(load Workload, _ []string) { mine = append(mine, load) })
	return each(ctx, w, "Pods", func(ctx context.Context, o metav1.ListOptions) (string, []corev1.Pod, error) {
		l, err := k.CoreV1().Pods("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(p corev1.Pod) { // only those of controllers are kept
		if slices.ContainsFunc(mine, func(load Workload) bool { return load.owns(&p) }) {
			w.Pods = append(w.Pods, p)
		}
	})
}

func (w *World) readNetworking(ctx context.Context, k kubernetes.Interface) error {
	err := each(ctx, w, "IngressClasses", func(ctx context.Context, o metav1.ListOptions) (string, []netv1.IngressClass, error) {
		l, err := k.NetworkingV1().IngressClasses().List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(c netv1.IngressClass) { w.Classes = append(w.Classes, c) })
	if err != nil {
		return err
	}
	err = each(ctx, w, "Ingresses", func(ctx context.Context, o metav1.ListOptions) (string, []netv1.Ingress, error) {
		l, err := k.NetworkingV1().Ingresses("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(i netv1.Ingress) { w.Ingresses = append(w.Ingresses, i) })
	if err != nil {
		return err
	}
	return each(ctx, w, "NetworkPolicies", func(ctx context.Context, o metav1.ListOptions) (string, []netv1.NetworkPolicy, error) {
		l, err := k.NetworkingV1().NetworkPolicies("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(p netv1.NetworkPolicy) { w.Policies = append(w.Policies, p) })
}

func (w *World) readPolicy(ctx context.Context, k kubernetes.Interface) error {
	err := each(ctx, w, "ValidatingWebhookConfigurations", func(ctx context.Context, o metav1.ListOptions) (string, []admissionv1.ValidatingWebhookConfiguration, error) {
		l, err := k.AdmissionregistrationV1().ValidatingWebhookConfigurations().List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(v admissionv1.ValidatingWebhookConfiguration) { w.Webhooks = append(w.Webhooks, v) })
	if err != nil {
		return err
	}
	return each(ctx, w, "PodDisruptionBudgets", func(ctx context.Context, o metav1.ListOptions) (string, []policyv1.PodDisruptionBudget, error) {
		l, err := k.PolicyV1().PodDisruptionBudgets("").List(ctx, o)
		if err != nil {
			return "", nil, err
		}
		return l.Continue, l.Items, nil
	}, func(b policyv1.PodDisruptionBudget) { w.Budgets = append(w.Budgets, b) })
}

// Solver is a way in which cert-manager answers an ACME server through an Ingress.
type Solver struct {
	Kind, Namespace, Name     string // of the Issuer or ClusterIssuer
	Class, ClassName, Ingress string // annotation, spec.ingressClassName, or an Ingress that gets a path
}

// Challenge is an answer that cert-manager is about to give.
type Challenge struct {
	Namespace, Name, Host, State string
}

type issuerObject struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		ACME struct {
			Solvers []struct {
				HTTP01 struct {
					Ingress *struct {
						Class            string `json:"class"`
						IngressClassName string `json:"ingressClassName"`
						Name             string `json:"name"`
					} `json:"ingress"`
				} `json:"http01"`
			} `json:"solvers"`
		} `json:"acme"`
	} `json:"spec"`
}

type challengeObject struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Type    string `json:"type"`
		DNSName string `json:"dnsName"`
	} `json:"spec"`
	Status struct {
		State string `json:"state"`
	} `json:"status"`
}

type rawList[T any] struct {
	Metadata metav1.ListMeta `json:"metadata"`
	Items    []T             `json:"items"`
}

func (w *World) readCertManager(ctx context.Context, k kubernetes.Interface) error {
	for _, kind := range []string{"ClusterIssuer", "Issuer"} {
		path := "/apis/cert-manager.io/v1/" + strings.ToLower(kind) + "s"
		err := each(ctx, w, kind+"s of cert-manager", rawLister[issuerObject](k, path), func(o issuerObject) {
			for _, s := range o.Spec.ACME.Solvers {
				if i := s.HTTP01.Ingress; i != nil {
					w.Solvers = append(w.Solvers, Solver{kind, o.Metadata.Namespace, o.Metadata.Name, i.Class, i.IngressClassName, i.Name})
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return each(ctx, w, "Challenges of cert-manager", rawLister[challengeObject](k, "/apis/acme.cert-manager.io/v1/challenges"), func(o challengeObject) {
		if state := o.Status.State; o.Spec.Type == "HTTP-01" && state != "valid" {
			w.Challenges = append(w.Challenges, Challenge{o.Metadata.Namespace, o.Metadata.Name, o.Spec.DNSName, state})
		}
	})
}

func rawLister[T any](k kubernetes.Interface, path string) func(context.Context, metav1.ListOptions) (string, []T, error) {
	return func(ctx context.Context, o metav1.ListOptions) (string, []T, error) {
		var l rawList[T]
		err := raw(ctx, k, path, o, &l)
		return l.Metadata.Continue, l.Items, err
	}
}
