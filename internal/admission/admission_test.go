package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

const prefix = "nginx.ingress.kubernetes.io/"

func ingress(name, host, path string, annotations map[string]string) *netv1.Ingress {
	class, kind := "nginx", netv1.PathTypePrefix
	i := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Annotations: map[string]string{}}}
	for k, v := range annotations {
		i.Annotations[prefix+k] = v
	}
	i.Spec.IngressClassName = &class
	i.Spec.Rules = []netv1.IngressRule{{Host: host, IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{
		Paths: []netv1.HTTPIngressPath{{Path: path, PathType: &kind, Backend: netv1.IngressBackend{
			Service: &netv1.IngressServiceBackend{Name: "web", Port: netv1.ServiceBackendPort{Number: 80}},
		}}},
	}}}}
	return i
}

func handler(t *testing.T, warnOnly bool) http.Handler {
	t.Helper()
	settings := snapshot.DefaultSettings()
	settings.AssumeClass = true
	old := ingress("old", "shop.test", "/", nil)
	old.CreationTimestamp = metav1.Unix(1, 0)
	snap, _ := snapshot.Build(snapshot.Objects{
		Ingresses: []*netv1.Ingress{old},
		Services: []*corev1.Service{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
		}},
	}, settings)
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	return Handler(Options{Snapshot: func() *snapshot.Snapshot { return snap }, Cert: cert, WarnOnly: warnOnly})
}

func post(t *testing.T, h http.Handler, operation admissionv1.Operation, i *netv1.Ingress) *admissionv1.AdmissionResponse {
	t.Helper()
	raw, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	review := admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "u", Operation: operation, Namespace: "shop", Kind: metav1.GroupVersionKind{Kind: "Ingress"},
			Object: runtime.RawExtension{Raw: raw},
		},
	}
	body, err := json.Marshal(review)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body)))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Response.UID != "u" || answer.Kind != "AdmissionReview" {
		t.Errorf("the answer is for %q, kind %q", answer.Response.UID, answer.Kind)
	}
	return answer.Response
}

func TestVerdicts(t *testing.T) {
	foreign := ingress("foreign", "shop.test", "/", nil)
	other := "other"
	foreign.Spec.IngressClassName = &other
	resource := ingress("resource", "r.test", "/", nil)
	resource.Spec.Rules[0].HTTP.Paths[0].Backend.Service = nil
	tests := []struct {
		name    string
		ingress *netv1.Ingress
		refused string // part of the message
		warned  string // part of a warning
	}{
		{"good", ingress("good", "good.test", "/", nil), "", ""},
		{"the same again", ingress("old", "shop.test", "/", nil), "", ""},
		{"duplicate path", ingress("new", "shop.test", "/", nil), "served by Ingress shop/old", ""},
		{"duplicate path of another class", foreign, "", ""},
		{"other path of the same host", ingress("new", "shop.test", "/new", nil), "", ""},
		{"bad guard", ingress("new", "n.test", "/", map[string]string{"auth-tls-secret": "no slash"}), "auth-tls-secret", ""},
		{"bad subject", ingress("new", "n.test", "/", map[string]string{"auth-tls-secret": "shop/ca", "auth-tls-match-cn": "CN=("}), "auth-tls-match-cn", ""},
		{"missing Secret", ingress("new", "n.test", "/", map[string]string{"auth-tls-secret": "shop/ca"}), "", "no Secret shop/ca"},
		{"bad value", ingress("new", "n.test", "/", map[string]string{"ssl-redirect": "maybe"}), "", "ssl-redirect"},
		{"too risky", ingress("new", "n.test", "/", map[string]string{"configuration-snippet": "deny all;"}), "annotations-risk-level", ""},
		{"typing error", ingress("new", "n.test", "/", map[string]string{"ssl-redirct": "true"}), "", prefix + "ssl-redirect"},
		{"odd path", ingress("new", "n.test", "/a(b", nil), "ImplementationSpecific", ""},
		{"backend that is no Service", resource, "Service", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := post(t, handler(t, false), admissionv1.Create, test.ingress)
			if r.Allowed != (test.refused == "") {
				t.Errorf("allowed is %v: %v", r.Allowed, r.Result)
			}
			if test.refused != "" && !strings.Contains(r.Result.Message, test.refused) {
				t.Errorf("the message %q does not speak of %q", r.Result.Message, test.refused)
			}
			if got := strings.Join(r.Warnings, "\n"); test.warned != "" && !strings.Contains(got, test.warned) || test.warned == "" && got != "" {
				t.Errorf("warnings %q, wanted is %q", got, test.warned)
			}
		})
	}
}

func TestExpressions(t *testing.T) {
	for path, refused := range map[string]bool{
		"/a(b": true, "/a)": true, "/a[": true, `/a\\`: true,
		"/a(?=b)": false, "/(?<n>x)": false, "/a++": false, `/\d+`: false, "/a(b|c)": false,
	} {
		i := ingress("new", "n.test", path, map[string]string{"use-regex": "true"})
		i.Spec.Rules[0].HTTP.Paths[0].PathType = new(netv1.PathTypeImplementationSpecific)
		r := post(t, handler(t, false), admissionv1.Create, i)
		if r.Allowed == refused {
			t.Errorf("%s: allowed is %v", path, r.Allowed)
		}
		if refused && (r.Result == nil || !strings.Contains(r.Result.Message, "no regular expression")) {
			t.Errorf("%s: the answer is %v", path, r.Result)
		}
	}
}

// TestSnippets: what would close the routes is refused.
func TestSnippets(t *testing.T) {
	for lines, refused := range map[string]string{
		"add_header X-A 1;": "", "if ($host ~ a(b)) { return 403; }": "", "if ($host ~ 'a(b') { return 403; }": "no regular expression",
		"proxy_cache zone;": "Line 1 (proxy_cache) is not served", "add_header": "can't be read",
	} {
		settings := snapshot.DefaultSettings()
		settings.AssumeClass, settings.AllowSnippets = true, true
		settings.ConfigMap = types.NamespacedName{Namespace: "ingress", Name: "settings"}
		snap, _ := snapshot.Build(snapshot.Objects{ConfigMaps: []*corev1.ConfigMap{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ingress", Name: "settings"}, Data: map[string]string{"annotations-risk-level": "Critical"},
		}}}, settings)
		v := Check(snap, ingress("new", "n.test", "/", map[string]string{"configuration-snippet": lines}), nil)
		got := ""
		for _, i := range v.Refused {
			got += i.Message
		}
		if refused == "" && got != "" || !strings.Contains(got, refused) {
			t.Errorf("%s is refused with %q, want %q", lines, got, refused)
		}
	}
}

func TestWarnOnly(t *testing.T) {
	r := post(t, handler(t, true), admissionv1.Update, ingress("new", "shop.test", "/", nil))
	if !r.Allowed || len(r.Warnings) != 1 {
		t.Errorf("allowed %v, warnings %q", r.Allowed, r.Warnings)
	}
}

func TestNothingButIngressesIsJudged(t *testing.T) {
	bad := ingress("new", "shop.test", "/", nil)
	if r := post(t, handler(t, false), admissionv1.Delete, bad); !r.Allowed {
		t.Error("a deletion is refused")
	}
	now := metav1.Now()
	bad.DeletionTimestamp = &now
	if r := post(t, handler(t, false), admissionv1.Update, bad); !r.Allowed {
		t.Error("an Ingress that ends can't drop its finalizer")
	}
}

func TestBadRequests(t *testing.T) {
	tests := []struct {
		method, path, body string
		status             int
	}{
		{http.MethodPost, Path, "{", http.StatusBadRequest},
		{http.MethodPost, Path, "{}", http.StatusBadRequest},
		{http.MethodGet, Path, "", http.StatusMethodNotAllowed},
		{http.MethodPost, "/other", "{}", http.StatusNotFound},
		{http.MethodPost, Path, strings.Repeat(" ", maxRequest+1), http.StatusBadRequest},
	}
	for _, test := range tests {
		w := httptest.NewRecorder()
		handler(t, false).ServeHTTP(w, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		if w.Code != test.status {
			t.Errorf("%s %s with %d bytes: status %d, wanted is %d", test.method, test.path, len(test.body), w.Code, test.status)
		}
	}
	w := httptest.NewRecorder()
	Handler(Options{Snapshot: func() *snapshot.Snapshot { return nil }}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, strings.NewReader("{}")))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("before anything is served: status %d", w.Code)
	}
}

// TestManyWarnings keeps an answer readable.
func TestManyWarnings(t *testing.T) {
	annotations := map[string]string{}
	for n := range 40 {
		annotations[fmt.Sprintf("no-such-key-%d", n)] = strings.Repeat("x", 1000)
	}
	r := post(t, handler(t, false), admissionv1.Create, ingress("new", "n.test", "/", annotations))
	if len(r.Warnings) != maxWarnings+1 {
		t.Fatalf("%d warnings", len(r.Warnings))
	}
	for _, w := range r.Warnings {
		if len([]rune(w)) > maxWarning {
			t.Errorf("a warning has %d characters", len([]rune(w)))
		}
	}
}

func FuzzReview(f *testing.F) {
	f.Add([]byte(`{"kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","kind":{"kind":"Ingress"},"object":{"spec":{"rules":[{"http":{}}]}}}}`))
	settings := snapshot.DefaultSettings()
	settings.WithoutClass = true
	snap, _ := snapshot.Build(snapshot.Objects{}, settings)
	cert, err := pki.Example()
	if err != nil {
		f.Fatal(err)
	}
	h := Handler(Options{Snapshot: func() *snapshot.Snapshot { return snap }, Cert: cert})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body)))
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("status %d", w.Code)
		}
	})
}
