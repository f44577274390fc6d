package dir_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-ingress/hawser/internal/ingressnginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

func TestControllersOfIngressNginxAreFound(t *testing.T) {
	const manifests = `apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec: {template: {spec: {containers: [{name: web, image: example/web}]}}}
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: outer, namespace: edge}
  spec:
    template:
      spec:
        containers:
        - name: controller
          image: registry.k8s.io/ingress-nginx/controller:v1.15.1
          args: [/nginx-ingress-controller, --configmap=$(POD_NAMESPACE)/outer]
          env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: broken}
spec: {template: {spec: {containers: 3}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain}
spec: {template: {spec: {containers: [{image: ingress-nginx/controller}]}}}
`
	source, err := dir.Open([]string{"-"}, strings.NewReader(manifests))
	if err != nil {
		t.Fatal(err)
	}
	if _, issues, err := source.Load(); err != nil || issues.Has(issue.Withheld) || issues.Has(issue.Ignored) {
		t.Errorf("workloads are no objects that could be broken: %v, %v", issues, err)
	}
	want := []ingressnginx.Controller{
		{Object: issue.Ref{Kind: "DaemonSet", Namespace: "edge", Name: "outer", File: "<stdin>", Line: 8}, Args: []string{"--configmap=edge/outer"}},
		{Object: issue.Ref{Kind: "Deployment", Namespace: "default", Name: "plain", File: "<stdin>", Line: 25}, Args: []string{}},
	}
	if diff := cmp.Diff(want, source.Controllers()); diff != "" {
		t.Error(diff)
	}
}
