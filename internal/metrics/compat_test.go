package metrics

import (
	"io"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/hawser-ingress/hawser/internal/haproxy/render"
)

// TestFewerLabels is what --metrics-per-host=false and --report-status-classes ask for.
func TestFewerLabels(t *testing.T) {
	m := New(Options{Compat: true, NoHost: true, Classes: true})
	w := m.Log(io.Discard)
	for _, line := range []string{
		"shop:web:front:80 shop.test GET 200 1 1 1 1 1 -- -", "shop:web:front:80 other.test GET 204 1 1 1 1 1 -- -",
		"shop:web:front:80 shop.test GET 404 1 1 1 1 1 -- -",
	} {
		if _, err := io.WriteString(w, line+render.MeasuredEnd+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	for status, want := range map[string]float64{"2xx": 2, "4xx": 1} {
		if got := testutil.ToFloat64(m.compat.requests.WithLabelValues("web", "shop", "front", "GET", status, "", "")); got != want {
			t.Errorf("%v requests with %s, wanted are %v", got, status, want)
		}
	}
}
