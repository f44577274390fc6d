package hostile

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// authPlaces are those that are read only where a service is asked.
func authPlaces() []place {
	const prefix = "nginx.ingress.kubernetes.io/"
	out := []place{
		{"auth-url path", func(o *snapshot.Objects, s string) {
			ingress(o).Annotations[prefix+"auth-url"] = "http://127.0.0.1/" + s
		}},
		{"auth-url host", func(o *snapshot.Objects, s string) { ingress(o).Annotations[prefix+"auth-url"] = "https://" + s }},
		{"namespace in auth-url", func(o *snapshot.Objects, s string) {
			ingress(o).Annotations[prefix+"auth-url"] = "http://127.0.0.1/$ingress_name"
			ingress(o).Name = s
		}},
		{"header of a question", func(o *snapshot.Objects, s string) { question(o, map[string]string{s: "x"}) }},
		{"value of a question", func(o *snapshot.Objects, s string) { question(o, map[string]string{"X-A": s}) }},
	}
	for _, key := range []string{
		"auth-method", "auth-signin", "auth-signin-redirect-param", "auth-response-headers", "auth-request-redirect", "auth-proxy-set-headers",
		"auth-always-set-cookie", "auth-cache-key", "auth-cache-duration", "auth-keepalive", "auth-keepalive-timeout",
	} {
		out = append(out, place{key + " with auth-url", func(o *snapshot.Objects, s string) {
			a := ingress(o).Annotations
			a[prefix+"auth-url"], a[prefix+"auth-signin"], a[prefix+"auth-cache-key"] = "http://127.0.0.1/", "https://login.test/", "$http_cookie"
			a[prefix+key] = s
		}})
	}
	return out
}

func question(o *snapshot.Objects, data map[string]string) {
	a := ingress(o).Annotations
	a["nginx.ingress.kubernetes.io/auth-url"] = "http://127.0.0.1/"
	a["nginx.ingress.kubernetes.io/auth-proxy-set-headers"] = "question"
	o.ConfigMaps = append(o.ConfigMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "question"}, Data: data})
}
