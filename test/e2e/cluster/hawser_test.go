package cluster_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestHawserOfTheTree runs the controller on a folder, so that what fails here is the harness and not the cluster.
func TestHawserOfTheTree(t *testing.T) {
	service, slices := cluster.Service("default", "web", cluster.StartBackend(t, "one", 1))
	objects := []any{service}
	for _, s := range slices {
		objects = append(objects, s)
	}
	var manifests bytes.Buffer
	for _, o := range objects {
		data, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		manifests.Write(append(data, "---\n"...))
	}
	manifests.WriteString(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: default}
spec:
  ingressClassName: nginx
  rules:
    - host: web.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web.yaml"), manifests.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	h := cluster.StartHawser(t, "--manifests="+dir)
	h.Expect(t, "web.example", "/", 200, "one")
	h.Expect(t, "other.example", "/", 404, "")
	h.Stop(t) // what was logged is written by then
	if !strings.Contains(h.Log(), "web.example") {
		t.Errorf("the log lacks the request:\n%s", h.Log())
	}
	if _, _, err := h.Fetch("web.example", "/"); err == nil {
		t.Error("a stopped controller answers")
	}
}
