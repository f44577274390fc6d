package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Client is a client that may do anything.
func (c *Cluster) Client(t testing.TB) kubernetes.Interface {
	t.Helper()
	return client(t, c.Admin())
}

func client(t testing.TB, config *rest.Config) kubernetes.Interface {
	t.Helper()
	k, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	return k
}

// ServiceAccount reaches the API server with a fresh token of an existing ServiceAccount, as a pod of it would.
func (c *Cluster) ServiceAccount(t testing.TB, namespace, name string) *rest.Config {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	hour := int64(time.Hour / time.Second)
	request := &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &hour}}
	issued, err := c.Client(t).CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("ask for a token of ServiceAccount %s/%s: %v", namespace, name, err)
	}
	config := c.config()
	config.BearerToken = issued.Status.Token
	return config
}

// Kubeconfig writes a kubeconfig file for a program that is to reach the API server as config does, and returns
// its path. The file goes away with the test.
func (c *Cluster) Kubeconfig(t testing.TB, config *rest.Config) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := writeKubeconfig(path, config); err != nil {
		t.Fatalf("write a kubeconfig: %v", err)
	}
	return path
}

func writeKubeconfig(path string, config *rest.Config) error {
	const name = "e2e"
	file := clientcmdapi.NewConfig()
	file.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos[name] = &clientcmdapi.AuthInfo{
		Token: config.BearerToken, ClientCertificateData: config.CertData, ClientKeyData: config.KeyData,
	}
	file.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	file.CurrentContext = name
	return clientcmd.WriteToFile(*file, path)
}

// Namespace makes a namespace named after the test, ready for use: its default ServiceAccount exists.
func (c *Cluster) Namespace(t testing.TB, labels map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	k := c.Client(t)
	base := strings.Trim(strings.Map(dnsRune, strings.ToLower(t.Name())), "-")
	made, err := k.CoreV1().Namespaces().Create(ctx, namespace(base, labels), metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a namespace: %v", err)
	}
	Eventually(t, time.Minute, func() error {
		_, err := k.CoreV1().ServiceAccounts(made.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return made.Name
}

// dnsRune keeps what a name in Kubernetes may hold.
func dnsRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

// Eventually asks until the answer is nil, and fails the test with the last answer when the limit is over.
func Eventually(t testing.TB, limit time.Duration, ask func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("not after %s: %w", limit, err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
