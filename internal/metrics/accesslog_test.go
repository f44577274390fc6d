package metrics

import (
	"bytes"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/hawser-ingress/hawser/internal/haproxy/render"
)

func TestLogLinesAreCountedAndPassedOn(t *testing.T) {
	m := New(Options{Compat: true, Class: "c", Pod: "p", PodNS: "n"})
	var out bytes.Buffer
	w := m.Log(&out)
	end := render.MeasuredEnd
	lines := "shop:web:front:80 shop.test GET 200 1234 56 30 20 5 -- -" + end + "for people\n" +
		"shop:web:front:80 shop.test GET 200 1 1 1 1 1 -- -" + end + "\n" +
		"- * GET 404 100 50 0 -1 -1 LR -" + end + "not found\n" +
		"shop:web:front:80 shop.test PUT 200 1 1 1 1 1 -- 1" + end + "for nobody\n" +
		"HAProxy says something else\n" +
		"shop:web broken" + end + "still for people\n"
	if n, err := w.Write([]byte(lines)); err != nil || n != len(lines) {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(lines), err)
	}
	if got, want := out.String(), "for people\nnot found\nHAProxy says something else\nstill for people\n"; got != want {
		t.Errorf("passed on is %q, wanted is %q", got, want)
	}
	served := m.compat.requests.WithLabelValues("shop.test", "web", "shop", "front", "GET", "200", "", "")
	if got := testutil.ToFloat64(served); got != 2 {
		t.Errorf("%v requests of the Ingress, wanted are 2", got)
	}
	if got := testutil.ToFloat64(m.compat.requests.WithLabelValues("", "", "", "", "GET", "404", "", "")); got != 1 {
		t.Errorf("%v requests that nobody serves, wanted is 1", got)
	}
	if r, ok := parseRequest("shop:web:front:80 shop.test GET 503 1 1 2000 -1 -1 SC -"); !ok || r.status != 502 {
		t.Errorf("a server that does not answer is %d, wanted is 502", r.status)
	}
	if n := testutil.CollectAndCount(m.compat.header); n != 2 { // of GET and of PUT
		t.Errorf("%d series of header times: the request without a server must have none", n)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add("shop:web:front:80 shop.test GET 200 1234 56 30 20 5 -- -")
	f.Add("- - - 0 0 0 -1 -1 -1 SC 1")
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := parseRequest(s)
		if ok && (r.host == "*" || len(r.method) > 16) {
			t.Errorf("%q gives %+v", s, r)
		}
	})
}
