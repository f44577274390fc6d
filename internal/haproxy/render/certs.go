package render

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

const defaultCertFile = "certs/default.pem"

// fileName makes a name of "namespace/name".
func fileName(dir, id, suffix string) string {
	namespace, name, _ := strings.Cut(id, "/")
	return dir + "/" + safe(namespace) + "_" + safe(name) + suffix
}

// defaultCertificate begins the crt-list. Its first line is for clients without SNI or with a name that nobody has; it has
// the policy of the catch-all.
func (r *renderer) defaultCertificate() {
	r.bundle.Certs[defaultCertFile] = haproxy.File{Data: r.model.Global.DefaultCert.PEM, From: originOf(r.model.Global.DefaultCert)}
	var fallback *model.ClientCert
	if len(r.model.Hosts) > 0 && r.model.Hosts[0].Name == "" {
		fallback = r.model.Hosts[0].ClientCert
	}
	r.addCrtEntry(nil, r.crtEntry(nil, defaultCertFile, fallback, "!*"))
}

// certificates adds to the crt-list. Every host with a policy of its own has a line of its own: HAProxy 3.2.23 ties TLS
// sessions to the names of a line, so two hosts on one line would share them.
func (r *renderer) certificates(hosts []*model.Host) {
	for _, h := range hosts {
		if h.Name == "" || h.TLS == nil && !verifies(h.ClientCert) && !r.policies.any && h.Ciphers == "" && !r.model.Global.TLS.Strict {
			continue // nothing that the first line does not do
		}
		r.addCrtEntry(h.Origins, r.crtEntry(h, r.certFile(h.TLS), h.ClientCert, string(h.Name)))
		for _, alias := range h.Aliases {
			r.addCrtEntry(h.Origins, r.crtEntry(h, defaultCertFile, h.ClientCert, string(alias)))
		}
	}
}

func (r *renderer) addCrtEntry(from []issue.Ref, e cfg.CrtEntry) {
	r.bundle.CrtLists[crtListFile] = append(r.bundle.CrtLists[crtListFile], e)
	r.bundle.AddLine(crtListFile, from)
}

func originOf(c *model.Cert) []issue.Ref {
	if c.Origin == (issue.Ref{}) {
		return nil
	}
	return []issue.Ref{c.Origin}
}

func (r *renderer) certFile(c *model.Cert) string {
	if c == nil {
		return defaultCertFile
	}
	name := certName(c)
	r.bundle.Certs[name] = haproxy.File{Data: c.PEM, From: originOf(c)}
	return name
}

func certName(c *model.Cert) string { return fileName("certs", c.ID, ".pem") }

func caName(ca *model.ClientCA, depth int) string {
	return fileName("ca", ca.ID, fmt.Sprintf(".d%d.pem", depth))
}

// crtEntry always names the policy: "verify none" is not left to a default.
func (r *renderer) crtEntry(h *model.Host, file string, policy *model.ClientCert, name string) cfg.CrtEntry {
	options := []cfg.CrtOption{cfg.CrtOpt("verify", "none")}
	if verifies(policy) {
		options = []cfg.CrtOption{cfg.CrtOpt("verify", "optional"), cfg.CrtOpt("ca-file", r.caFile(policy.CA, policy.Depth, policy.Secret))}
		if len(policy.CA.CRLs) > 0 {
			options = append(options, cfg.CrtOpt("crl-file", r.crlFile(policy)))
		}
		if policy.HideCANames {
			options = append(options, cfg.CrtOpt("no-ca-names"))
		}
	}
	if h != nil && h.Ciphers != "" {
		options = append(options, cfg.CrtOpt("ciphers", h.Ciphers))
	}
	entry, err := cfg.NewCrtEntry(file, options, []string{name})
	if err != nil {
		object := issue.Ref{}
		if h != nil {
			object = h.Origins[0]
		}
		r.fail(object, err)
	}
	return entry
}

// caFile holds the trust anchors with the depth built in; the depth is part of its name.
func (r *renderer) caFile(ca *model.ClientCA, depth int, from issue.Ref) string {
	name := caName(ca, depth)
	if f, known := r.whole.CAs[name]; known {
		r.bundle.CAs[name] = f
		return name
	}
	var data []byte
	for _, cert := range ca.Certs {
		der, err := pki.LimitDepth(cert, depth)
		if err != nil {
			r.fail(from, err)
			return name
		}
		data = append(data, pki.CertPEM(der)...)
	}
	r.bundle.CAs[name] = haproxy.File{Data: data, From: []issue.Ref{from}, Authority: ca.ID}
	return name
}

func (r *renderer) crlFile(c *model.ClientCert) string {
	name := fileName("crl", c.CA.ID, ".pem")
	r.bundle.CAs[name] = haproxy.File{Data: pki.CRLsPEM(c.CA.CRLs), From: []issue.Ref{c.Secret}, Authority: c.CA.ID}
	return name
}

// verifies reports whether the TLS handshake asks for a certificate.
func verifies(c *model.ClientCert) bool {
	if c == nil {
		return false
	}
	switch c.Verify {
	case model.VerifyOn, model.VerifyOptional, model.VerifyOptionalNoCA:
		return true
	case model.VerifyOff, model.VerifyDeny:
		return false
	default:
		panic(fmt.Sprintf("client-certificate policy of %s has no mode", c.Origin))
	}
}
