package controller_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestMetrics counts requests that were sent, under both sets of names.
func TestMetrics(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.putSecret(t, ns, "cert", "web.example")
	i := ingress(ns, "web", "web.example", "web")
	i.Spec.TLS = append(i.Spec.TLS, tlsFor("cert", "web.example")...)
	i.Annotations["nginx.ingress.kubernetes.io/ssl-redirect"] = "false"
	w.create(t, i, ingress(ns, "odd", "odd.example", "web", annotated("ssl-redirct", "true")))
	h := w.admin(t, "--metrics-compat=ingress-nginx")
	// Ready is who serves: the very first request after it is answered by the backend.
	if status, body, err := h.Fetch("web.example", "/"); err != nil || status != http.StatusOK || body != "one" {
		t.Fatalf("the first request after /readyz: %d %q %v", status, body, err)
	}
	for range 6 {
		h.Expect(t, "web.example", "/", 200, "one")
	}
	h.Expect(t, "unknown.example", "/", 404, "")

	route := fmt.Sprintf(`ingress="web",namespace="%s",service="web",service_port="80"`, ns)
	for _, want := range []string{
		`hawser_responses_total{class="2xx",` + route + `} 7`,
		`hawser_endpoints{` + route + `} 1`,
		`hawser_haproxy_up 1`,
		`hawser_config_last_reload_successful 1`,
		`hawser_issues{code="annotation/unknown",effect="ignored"} 1`,
		`hawser_objects{kind="Ingress"} 2`,
		`hawser_certificate_expiry_timestamp_seconds{host="web.example",namespace="` + ns + `",secret="cert"} 1.*`,
		`nginx_ingress_controller_requests{.*host="web.example",ingress="web",method="GET",namespace="` + ns + `",path="",service="web",status="200"} 7`,
		`nginx_ingress_controller_requests{.*host="",ingress="",method="GET",namespace="",path="",service="",status="404"} 1`,
		`nginx_ingress_controller_request_duration_seconds_count{.*ingress="web",.*} 7`,
		`nginx_ingress_controller_response_size_sum{.*ingress="web",.*} [1-9].*`,
		`nginx_ingress_controller_config_last_reload_successful{.*} 1`,
		`nginx_ingress_controller_success{.*} [1-9].*`,
		`nginx_ingress_controller_ssl_expire_time_seconds{.*host="web.example",.*} 1.*`,
		`nginx_ingress_controller_nginx_process_connections{.*state="active"} \d+`,
	} {
		expectMetric(t, h, want)
	}
}

// expectMetric waits for a line of /metrics that matches an expression as a whole.
func expectMetric(t *testing.T, h *cluster.Hawser, line string) {
	t.Helper()
	form := regexp.MustCompile("(?m)^" + strings.ReplaceAll(strings.ReplaceAll(line, "{", `\{`), "}", `\}`) + "$")
	name, _, _ := strings.Cut(strings.ReplaceAll(line, "{", " "), " ")
	cluster.Eventually(t, 10*time.Second, func() error {
		answer, err := http.Get("http://" + h.Admin + "/metrics")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || form.Match(text) {
			return err
		}
		alike := regexp.MustCompile("(?m)^"+name+"[{ ].*$").FindAll(text, 10)
		return fmt.Errorf("no line of /metrics is %s; there is %s", line, alike)
	})
}
