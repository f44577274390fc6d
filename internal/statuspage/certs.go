package statuspage

import (
	"cmp"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

// Certificate is a row of certificates.
type Certificate struct {
	Secret    string    `json:"secret"` // "namespace/name"; "": made at start
	Default   bool      `json:"default"`
	Names     []string  `json:"names"` // that it is made for
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	Days      int       `json:"days"`  // that are left, rounded down
	State     string    `json:"state"` // valid, expiring, expired or early
	Hosts     []string  `json:"hosts"` // that show it; of the default certificate: none is listed
}

// ClientCert is a row of clientcerts.
type ClientCert struct {
	Host        string      `json:"host"`
	Verify      string      `json:"verify"`
	Reason      string      `json:"reason,omitempty"` // why the host is closed
	From        string      `json:"from"`             // the Ingress or ConfigMap that decides
	Secret      string      `json:"secret,omitempty"`
	Authorities []Authority `json:"authorities"`
	Depth       int         `json:"depth"`
	Revocation  bool        `json:"revocation"`
	NextUpdate  time.Time   `json:"nextUpdate,omitzero"` // the first of the revocation lists to end
	MatchCN     string      `json:"matchCN,omitempty"`
	ErrorPage   string      `json:"errorPage,omitempty"`
	State       string      `json:"state"` // valid, expiring, expired or closed
}

// Authority is one that clients are of.
type Authority struct {
	Subject  string    `json:"subject"`
	NotAfter time.Time `json:"notAfter"`
}

// soon is when the end of a certificate is a problem.
const soon = 30 * 24 * time.Hour

const (
	valid    = "valid"
	expiring = "expiring"
	expired  = "expired"
	early    = "early"
	closed   = "closed"
)

func stateAt(end, now time.Time) string {
	switch left := end.Sub(now); {
	case left < 0:
		return expired
	case left < soon:
		return expiring
	default:
		return valid
	}
}

// certRows has the first to end first.
func certRows(m *model.Model, now time.Time) []row {
	known := map[*model.Cert]*Certificate{}
	byID := map[string]*Certificate{}
	var all []*Certificate
	note := func(c *model.Cert) *Certificate {
		if c == nil {
			return nil
		}
		if out := cmp.Or(known[c], byID[c.ID]); out != nil {
			known[c] = out
			return out
		}
		out := newCertificate(c, now)
		known[c], byID[c.ID] = out, out
		all = append(all, out)
		return out
	}
	if c := note(m.Global.DefaultCert); c != nil {
		c.Default = true
	}
	for _, h := range m.Hosts {
		if c := note(h.TLS); c != nil {
			c.Hosts = append(c.Hosts, h.Name.String())
		}
	}
	slices.SortFunc(all, func(a, b *Certificate) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.Secret, b.Secret))
	})
	var out []row
	for _, c := range all {
		out = append(out, newRow(c, c.State != valid, append(slices.Concat(c.Names, c.Hosts), c.Secret, c.Issuer, c.State)...))
	}
	return out
}

func newCertificate(c *model.Cert, now time.Time) *Certificate {
	out := &Certificate{Secret: c.ID, NotAfter: c.NotAfter.UTC(), Names: []string{}, Hosts: []string{}, State: stateAt(c.NotAfter, now)}
	out.Days = int(c.NotAfter.Sub(now) / (24 * time.Hour))
	if len(c.Chain) == 0 {
		return out
	}
	leaf := c.Chain[0]
	out.Names, out.Issuer, out.NotBefore = append(out.Names, leaf.DNSNames...), leaf.Issuer.String(), leaf.NotBefore.UTC()
	if len(out.Names) == 0 && leaf.Subject.CommonName != "" {
		out.Names = []string{leaf.Subject.CommonName}
	}
	if now.Before(leaf.NotBefore) {
		out.State = early
	}
	return out
}

func clientCertRows(m *model.Model, now time.Time) []row {
	var out []row
	for _, h := range m.Hosts {
		if h.ClientCert == nil {
			continue
		}
		c := newClientCert(h.Name.String(), h.ClientCert, now)
		text := []string{c.Host, c.Verify, c.Reason, c.From, c.Secret, c.MatchCN, c.ErrorPage, c.State}
		for _, a := range c.Authorities {
			text = append(text, a.Subject)
		}
		out = append(out, newRow(c, c.State != valid, text...))
	}
	return out
}

func newClientCert(host string, c *model.ClientCert, now time.Time) ClientCert {
	out := ClientCert{
		Host: host, Verify: c.Verify.String(), Reason: c.Reason, From: object(c.Origin), Depth: c.Depth, MatchCN: c.MatchCN,
		Authorities: []Authority{}, State: valid,
	}
	if c.ErrorPage != nil {
		out.ErrorPage = c.ErrorPage.URL
	}
	if c.Verify == model.VerifyDeny {
		out.State = closed
	}
	if c.CA == nil {
		return out
	}
	out.Secret, out.Revocation = c.CA.ID, len(c.CA.CRLs) > 0
	var ends []time.Time
	for _, cert := range c.CA.Certs {
		out.Authorities = append(out.Authorities, Authority{cert.Subject.String(), cert.NotAfter.UTC()})
		ends = append(ends, cert.NotAfter)
	}
	for _, list := range c.CA.CRLs {
		if list.NextUpdate.IsZero() {
			continue
		}
		ends = append(ends, list.NextUpdate)
		if out.NextUpdate.IsZero() || list.NextUpdate.Before(out.NextUpdate) {
			out.NextUpdate = list.NextUpdate.UTC()
		}
	}
	if len(ends) > 0 && out.State == valid {
		out.State = policyState(ends, now)
	}
	return out
}

// policyState is the worst of what a policy needs. A revocation list is made for days, so that it ends soon is usual.
func policyState(ends []time.Time, now time.Time) string {
	first := slices.MinFunc(ends, time.Time.Compare)
	if stateAt(first, now) == expired {
		return expired
	}
	return valid
}
