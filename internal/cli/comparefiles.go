package cli

import (
	"crypto/tls"
	"fmt"
	"os"
	"time"

	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/pki"
)

func (c *compareCommand) accepted() (*compare.Accepted, error) {
	var all *compare.Accepted
	for _, file := range c.accept {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the accepted differences: %w", err)
		}
		one, err := compare.ParseAccepted(data)
		if err != nil {
			return nil, fmt.Errorf("read the accepted differences of %s: %w", file, err)
		}
		all = all.With(one)
	}
	return all, nil
}

func (c *compareCommand) certificates(o *compare.Options) error {
	self, err := pki.SelfSignedClient("hawser-compare", time.Now())
	if err != nil {
		return err
	}
	o.Self = &self
	if c.clientCert == "" {
		return nil
	}
	key := c.clientKey
	if key == "" {
		key = c.clientCert
	}
	given, err := tls.LoadX509KeyPair(c.clientCert, key)
	if err != nil {
		return fmt.Errorf("read the client certificate: %w", err)
	}
	o.Given = &given
	return nil
}

// writeAccepted never replaces a file: reasons are written by people.
func (c *compareCommand) writeAccepted(r *compare.Report) error {
	data, err := compare.WriteAccepted(r, c.reason)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.writeAccept, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write the accepted differences: %w", err)
	}
	if _, err = f.Write(data); err != nil {
		_ = f.Close()
		return fmt.Errorf("write the accepted differences: %w", err)
	}
	return f.Close()
}
