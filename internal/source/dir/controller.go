package dir

import (
	"encoding/json"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/ingressnginx"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// workload is what is read of a Deployment or DaemonSet, leniently: nothing is served by it.
type workload struct {
	Metadata struct{ Namespace, Name string }
	Spec     struct {
		Template struct{ Spec corev1.PodSpec }
	}
}

// controller keeps a workload if it runs ingress-nginx; of any other kind, and of what does not decode, nothing.
func (r *reader) controller(apiVersion, kindName string, n *yaml.Node, line int) {
	if apiVersion != "apps/v1" || kindName != "Deployment" && kindName != "DaemonSet" {
		return
	}
	e := encoder{expanded: r.expanded}
	if e.value(n, "", 0) != nil {
		return
	}
	r.expanded = e.expanded
	var w workload
	if json.Unmarshal(e.buf, &w) != nil {
		return
	}
	if w.Metadata.Namespace == "" {
		w.Metadata.Namespace = "default"
	}
	args, ok := ingressnginx.Args(w.Metadata.Namespace, &w.Spec.Template.Spec)
	if !ok {
		return
	}
	r.controllers = append(r.controllers, ingressnginx.Controller{
		Object: issue.Ref{Kind: kindName, Namespace: w.Metadata.Namespace, Name: w.Metadata.Name, File: r.path, Line: line},
		Args:   args,
	})
}

// Controllers are the workloads of the last Load that run ingress-nginx, in the order of the files.
func (s *Source) Controllers() []ingressnginx.Controller {
	var out []ingressnginx.Controller
	for _, f := range s.sorted() {
		out = append(out, f.controllers...)
	}
	return out
}
