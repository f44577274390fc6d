package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-ingress/hawser/internal/testcert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// files is where things lie; all paths are absolute.
type files struct {
	manifests string // what Hawser reads: a copy of the examples, and the Secrets
	certs     string // what curl reads
	hawser    string // Hawser's own state
	log       string
}

const (
	namespace    = "demo"
	examplesPort = "port: 9000"
)

// fillPorts replaces each 0 by a port that is free now.
func (c *config) fillPorts() error {
	for _, port := range []*int{&c.http, &c.https, &c.echo} {
		if *port != 0 {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		// Held until all are chosen, so that no two are the same.
		defer l.Close()
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

// prepare writes a fresh state folder.
func prepare(c config) (files, error) {
	state, err := filepath.Abs(c.state)
	if err != nil {
		return files{}, fmt.Errorf("find the state folder: %w", err)
	}
	f := files{
		manifests: filepath.Join(state, "manifests"),
		certs:     filepath.Join(state, "certs"),
		hawser:    filepath.Join(state, "hawser"),
		log:       filepath.Join(state, "hawser.log"),
	}
	for _, dir := range []string{f.manifests, f.certs, f.hawser} {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
			return files{}, fmt.Errorf("prepare the state folder: %w", err)
		}
	}
	if err := copyExamples(c, f.manifests); err != nil {
		return files{}, err
	}
	return f, writeCertificates(f)
}

func copyExamples(c config, into string) error {
	paths, err := filepath.Glob(filepath.Join(c.examples, "*.yaml"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no manifests in %s: run this from the project's folder (%v)", c.examples, err)
	}
	moved := false
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("copy the examples: %w", err)
		}
		at := []byte(fmt.Sprintf("port: %d", c.echo))
		moved = moved || bytes.Contains(content, []byte(examplesPort))
		content = bytes.ReplaceAll(content, []byte(examplesPort), at)
		if err := os.WriteFile(filepath.Join(into, filepath.Base(path)), content, 0o600); err != nil {
			return fmt.Errorf("copy the examples: %w", err)
		}
	}
	if !moved {
		return fmt.Errorf("no manifest in %s has %q, where the backend listens", c.examples, examplesPort)
	}
	return nil
}

func writeCertificates(f files) error {
	clients, err := testcert.NewClients()
	if err != nil {
		return err
	}
	root, err := testcert.NewCA("demo CA")
	if err != nil {
		return err
	}
	server, err := root.Server("*.demo.test", nil)
	if err != nil {
		return err
	}
	out := map[string][]byte{"ca.crt": root.CertPEM()}
	for _, c := range clients.All() {
		out[c.Name+".crt"], out[c.Name+".key"] = c.Cert.CertPEM(), c.Cert.KeyPEM()
	}
	for name, content := range out {
		if err := os.WriteFile(filepath.Join(f.certs, name), content, 0o600); err != nil {
			return fmt.Errorf("write certificates: %w", err)
		}
	}
	return writeSecrets(filepath.Join(f.manifests, "secrets.yaml"),
		secret("demo-tls", corev1.SecretTypeTLS, map[string][]byte{
			corev1.TLSCertKey: server.CertPEM(), corev1.TLSPrivateKeyKey: server.KeyPEM(),
		}),
		secret("clients-ca", corev1.SecretTypeOpaque, map[string][]byte{"ca.crt": clients.CA.CertPEM()}),
	)
}

func secret(name string, kind corev1.SecretType, data map[string][]byte) corev1.Secret {
	return corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Type:       kind,
		Data:       data,
	}
}

func writeSecrets(path string, secrets ...corev1.Secret) error {
	var docs []string
	for _, s := range secrets {
		doc, err := yaml.Marshal(s)
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		docs = append(docs, string(doc))
	}
	if err := os.WriteFile(path, []byte(strings.Join(docs, "---\n")), 0o600); err != nil {
		return fmt.Errorf("write Secrets: %w", err)
	}
	return nil
}
