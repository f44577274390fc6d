package takeover

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// TestReadCertManager reads kinds that this program has no types of: page by page, and with those that are forbidden or
// not installed.
func TestReadCertManager(t *testing.T) {
	refuse := func(w http.ResponseWriter, code int, reason string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path + " " + r.URL.Query().Get("continue") {
		case "/apis/cert-manager.io/v1/clusterissuers ":
			fmt.Fprint(w, `{"metadata":{"continue":"next"},"items":[{"metadata":{"name":"a"},"spec":{"acme":{"solvers":[{"http01":{"ingress":{"class":"nginx"}}},{"dns01":{}}]}}},{"metadata":{"name":"ca"},"spec":{"ca":{}}}]}`)
		case "/apis/cert-manager.io/v1/clusterissuers next":
			fmt.Fprint(w, `{"metadata":{},"items":[{"metadata":{"name":"b"},"spec":{"acme":{"solvers":[{"http01":{"ingress":{"ingressClassName":"outer"}}}]}}}]}`)
		case "/apis/cert-manager.io/v1/issuers ":
			refuse(w, http.StatusForbidden, "Forbidden")
		case "/apis/acme.cert-manager.io/v1/challenges ":
			refuse(w, http.StatusNotFound, "NotFound")
		default:
			refuse(w, http.StatusInternalServerError, "InternalError")
		}
	}))
	defer server.Close()
	k, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{}
	if err := w.readCertManager(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if len(w.Solvers) != 2 || w.Solvers[0] != (Solver{Kind: "ClusterIssuer", Name: "a", Class: "nginx"}) || w.Solvers[1].ClassName != "outer" {
		t.Errorf("the solvers are %+v", w.Solvers)
	}
	if len(w.Unchecked) != 1 || w.Unchecked[0].What != "Issuers of cert-manager" || len(w.Challenges) != 0 {
		t.Errorf("not checked: %+v, challenges %+v", w.Unchecked, w.Challenges)
	}
}

// TestABrokenAPIServerIsAnError: only what is forbidden may be left out.
func TestABrokenAPIServerIsAnError(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusBadRequest)
	}))
	defer server.Close()
	k, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), k); err == nil {
		t.Error("a cluster was read")
	}
}
