package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/admission"
	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// webhookFlags are those of ingress-nginx, and those of a certificate that the replicas make themselves.
type webhookFlags struct {
	address, cert, key             string
	secret, service, configuration string
	warnOnly                       bool
}

func (w *webhookFlags) register(f *pflag.FlagSet) {
	f.StringVar(&w.address, "validating-webhook", "", "address of the admission webhook, such as :8443; empty: none")
	f.StringVar(&w.cert, "validating-webhook-certificate", "", "PEM file with its certificate")
	f.StringVar(&w.key, "validating-webhook-key", "", "PEM file with its key")
	f.StringVar(&w.secret, "validating-webhook-secret", "", "instead of the files: Secret for a certificate that is made and renewed here, namespace/name")
	f.StringVar(&w.service, "validating-webhook-service", "", "Service of the webhook, namespace/name, which that certificate is for")
	f.StringVar(&w.configuration, "validating-webhook-configuration", "", "ValidatingWebhookConfiguration that gets the CA of that certificate")
	f.BoolVar(&w.warnOnly, "validating-webhook-warn-only", false, "warn about Ingresses that can't be served, refuse none")
}

func (w *webhookFlags) check(cluster bool) error {
	switch {
	case w.address == "":
		return nil
	case (w.cert == "") != (w.key == ""):
		return errors.New("--validating-webhook-certificate and --validating-webhook-key belong together")
	case w.cert == "" && w.secret == "":
		return errors.New("--validating-webhook needs a certificate: give its files, or --validating-webhook-secret")
	case w.secret != "" && (w.service == "" || w.configuration == "" || !cluster):
		return errors.New("--validating-webhook-secret needs a cluster, --validating-webhook-service and --validating-webhook-configuration")
	}
	return nil
}

// serve answers the API server until stop is called. client is nil without a cluster.
func (w *webhookFlags) serve(ctx context.Context, c *control.Controller, client kubernetes.Interface, log *slog.Logger) (stop func(), err error) {
	if w.address == "" {
		return func() {}, nil
	}
	running, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	certificate, err := w.certificate(running, client, &wait, log)
	if err != nil {
		cancel()
		return nil, err
	}
	cert, err := pki.Example()
	if err != nil {
		cancel()
		return nil, err
	}
	listener, err := net.Listen("tcp", w.address)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("--validating-webhook: %w", err)
	}
	server := &http.Server{
		Handler:           admission.Handler(admission.Options{Snapshot: c.Snapshot, Cert: cert, WarnOnly: w.warnOnly}),
		TLSConfig:         &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	wait.Go(func() {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			log.Error("The admission webhook is closed", "error", err)
		}
	})
	return func() {
		end, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer done()
		_ = server.Shutdown(end)
		cancel()
		wait.Wait()
	}, nil
}

func (w *webhookFlags) certificate(ctx context.Context, client kubernetes.Interface, wait *sync.WaitGroup, log *slog.Logger) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	if w.secret == "" {
		files := &admission.Files{Cert: w.cert, Key: w.key}
		_, err := files.GetCertificate(nil)
		return files.GetCertificate, err
	}
	secret, err := namespacedName("validating-webhook-secret", w.secret)
	if err != nil {
		return nil, err
	}
	service, err := namespacedName("validating-webhook-service", w.service)
	if err != nil {
		return nil, err
	}
	selfmade := &admission.Selfmade{Client: client, Secret: secret, Service: service, Configuration: w.configuration, Log: log}
	wait.Go(func() { selfmade.Run(ctx) })
	return selfmade.GetCertificate, nil
}
