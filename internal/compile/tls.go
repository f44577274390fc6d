package compile

import (
	"crypto/x509"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

type certResult struct {
	cert *model.Cert
	code issue.Code
	err  error
}

// certs remembers what Secrets of type tls hold: many hosts have the same one.
type certs struct {
	of map[types.NamespacedName]readCert
}

type readCert struct {
	secret *corev1.Secret // that was read
	cert   *model.Cert
	err    error
}

// tidy forgets Secrets that are gone or others by now.
func (c *certs) tidy(s *snapshot.Snapshot) {
	maps.DeleteFunc(c.of, func(name types.NamespacedName, r readCert) bool {
		return s.Secret(name.Namespace, name.Name) != r.secret
	})
}

func (c *certs) read(secret *corev1.Secret, ref issue.Ref) readCert {
	name := types.NamespacedName{Namespace: secret.Namespace, Name: secret.Name}
	known := c.of[name]
	if known.secret == secret && (known.cert == nil || known.cert.Origin == ref) {
		return known
	}
	r := readCert{secret: secret}
	if r.cert, r.err = pki.ServerCert(secret.Data["tls.crt"], secret.Data["tls.key"]); r.cert != nil {
		r.cert.ID, r.cert.Origin = name.Namespace+"/"+name.Name, ref
	}
	if c.of == nil {
		c.of = map[types.NamespacedName]readCert{}
	}
	c.of[name] = r
	return r
}

// cert reads a Secret of type tls.
func (c *compiler) cert(namespace, name string) *certResult {
	id := namespace + "/" + name
	ref := c.snapshot.Ref("Secret", namespace, name)
	secret := c.snapshot.Secret(namespace, name)
	if reason, refused := c.options.Refused[ref]; refused {
		return &certResult{code: issue.Refused, err: fmt.Errorf("HAProxy refuses the Secret %s: %s", id, reason)}
	}
	if secret == nil {
		return &certResult{code: issue.CertificateMissing, err: fmt.Errorf("there is no Secret %s", id)}
	}
	r := c.known.read(secret, ref)
	if r.err != nil {
		return &certResult{code: issue.CertificateBroken, err: fmt.Errorf("the Secret %s can't be used: %w", id, r.err)}
	}
	return &certResult{cert: r.cert}
}

func (c *compiler) defaultCert(p *dialect.Pass) *model.Cert {
	name := c.snapshot.Settings.DefaultCert
	if name.Name == "" {
		return c.options.DefaultCert
	}
	r := c.cert(name.Namespace, name.Name)
	if r.err != nil {
		p.Report(issue.Issue{
			Code: r.code, Severity: issue.Error, Effect: issue.Approximated, Object: c.snapshot.Ref("Secret", name.Namespace, name.Name),
			Message: fmt.Sprintf("A self-signed certificate is used for unknown hosts: %v.", r.err), Suggestion: "tls.crt and tls.key of one pair",
		})
		return c.options.DefaultCert
	}
	return r.cert
}

// addTLS gives certificates to the hosts of the Ingress's rules. The first Ingress with a tls section decides for a
// host; a Secret that can't be used leaves the default certificate, and the host is still redirected to HTTPS.
func (c *compiler) addTLS(p *ingressPass) {
	if len(p.ingress.Spec.TLS) == 0 {
		return
	}
	for i := range p.ingress.Spec.Rules {
		name, err := model.ParseHostname(p.ingress.Spec.Rules[i].Host)
		if err != nil || name == "" {
			continue
		}
		h := c.hosts[name]
		if h == nil || h.Secure {
			continue
		}
		h.Secure = true
		h.TLS = c.hostCert(p, name)
	}
}

// hostCert finds the section that names the host, else one whose certificate is for it; nil is the default.
func (c *compiler) hostCert(p *ingressPass, name model.Hostname) *model.Cert {
	for i := range p.ingress.Spec.TLS {
		section := &p.ingress.Spec.TLS[i]
		for _, host := range section.Hosts {
			if parsed, err := model.ParseHostname(host); err == nil && parsed == name {
				return c.sectionCert(p, name, section.SecretName, fmt.Sprintf("spec.tls[%d].secretName", i))
			}
		}
	}
	for i := range p.ingress.Spec.TLS {
		r := c.cert(p.Namespace, p.ingress.Spec.TLS[i].SecretName)
		if r.err == nil && certFor(r.cert, name) {
			return r.cert
		}
	}
	p.Report(issue.Issue{
		Code: issue.CertificateMissing, Severity: issue.Warning, Effect: issue.Approximated, Field: "spec.tls",
		Message:    fmt.Sprintf("Host %s is served with the default certificate: no tls section names it.", name),
		Suggestion: fmt.Sprintf("spec.tls: [{hosts: [%s], secretName: …}]", name),
	})
	return nil
}

func (c *compiler) sectionCert(p *ingressPass, name model.Hostname, secret, field string) *model.Cert {
	if secret == "" {
		return nil // a section without a Secret asks for the default certificate
	}
	r := c.cert(p.Namespace, secret)
	problem, code := r.err, r.code
	if problem == nil && !certFor(r.cert, name) {
		problem, code = fmt.Errorf("the certificate of Secret %s/%s is not for it", p.Namespace, secret), issue.CertificateHost
	}
	if problem == nil {
		return r.cert
	}
	p.Report(issue.Issue{
		Code: code, Severity: issue.Warning, Effect: issue.Approximated, Field: field,
		Message:    fmt.Sprintf("Host %s is served with the default certificate: %v.", name, problem),
		Suggestion: fmt.Sprintf("a Secret with tls.crt and tls.key for %s", name),
	})
	return nil
}

// certFor reports whether a certificate names the host; a common name counts if there are no subject alternative names.
func certFor(cert *model.Cert, name model.Hostname) bool {
	leaf := cert.Chain[0]
	want := string(name)
	if name.Wildcard() {
		want = "a" + name.Suffix() // some name below; a certificate for the wildcard is for it
	}
	if leaf.VerifyHostname(want) == nil {
		return true
	}
	if len(leaf.DNSNames) > 0 || len(leaf.IPAddresses) > 0 {
		return false
	}
	named := x509.Certificate{DNSNames: []string{leaf.Subject.CommonName}}
	return leaf.Subject.CommonName != "" && named.VerifyHostname(want) == nil
}
