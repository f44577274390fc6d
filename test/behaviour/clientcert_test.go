package behaviour

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// TestErrorPageOfClientCertificates: who has no certificate is sent to the page.
func TestErrorPageOfClientCertificates(t *testing.T) {
	t.Parallel()
	ca, err := testcert.NewCA("clients")
	if err != nil {
		t.Fatal(err)
	}
	s := Start(t, Backend("app", Echo(t, "app"))+tlsSecret("clients", ca.CertPEM(), nil)+
		Ingress("plain", "plain.test", "app", nil)+
		Ingress("web", "shop.test", "app", []string{"auth-tls-secret: default/clients", "auth-tls-error-page: https://help.test/certificates"}), "http://plain.test/")
	client := s.Client()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	answer, _ := fetch(t, client, "https://shop.test/")
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusFound || got != "https://help.test/certificates" {
		t.Errorf("the answer is %d with Location: %q", answer.StatusCode, got)
	}
}
