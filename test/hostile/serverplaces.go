package hostile

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// serverPlaces are those that are read only where servers speak TLS or FastCGI.
func serverPlaces() []place {
	const prefix = "nginx.ingress.kubernetes.io/"
	out := []place{
		{"parameter name", func(o *snapshot.Objects, s string) { application(o, map[string]string{s: "x"}) }},
		{"parameter value", func(o *snapshot.Objects, s string) { application(o, map[string]string{"APP": s}) }},
		{"fastcgi-index with FCGI", func(o *snapshot.Objects, s string) {
			application(o, nil)
			ingress(o).Annotations[prefix+"fastcgi-index"] = s
		}},
		{"Secret for servers", func(o *snapshot.Objects, s string) {
			o.Secrets[0].Name = s
			a := ingress(o).Annotations
			a[prefix+"backend-protocol"], a[prefix+"proxy-ssl-secret"] = "HTTPS", "default/"+s
		}},
	}
	for _, key := range []string{"proxy-ssl-name", "proxy-ssl-verify", "proxy-ssl-verify-depth", "proxy-ssl-server-name", "proxy-ssl-protocols", "proxy-ssl-ciphers"} {
		out = append(out, place{key + " with a Secret", func(o *snapshot.Objects, s string) {
			a := ingress(o).Annotations
			a[prefix+"backend-protocol"], a[prefix+"proxy-ssl-secret"] = "HTTPS", "default/"+o.Secrets[0].Name
			o.Secrets[0].Data["ca.crt"] = o.Secrets[0].Data["tls.crt"]
			a[prefix+"proxy-ssl-verify"], a[prefix+"proxy-ssl-server-name"] = "on", "on"
			a[prefix+key] = s
		}})
	}
	return out
}

func application(o *snapshot.Objects, data map[string]string) {
	a := ingress(o).Annotations
	a["nginx.ingress.kubernetes.io/backend-protocol"] = "FCGI"
	if data == nil {
		return
	}
	a["nginx.ingress.kubernetes.io/fastcgi-params-configmap"] = "parameters"
	o.ConfigMaps = append(o.ConfigMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "parameters"}, Data: data})
}
