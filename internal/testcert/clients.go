package testcert

import "crypto/x509"

// Clients is one client certificate of each kind that a server has to tell apart.
type Clients struct {
	CA           *CA // the authority that the server trusts
	Intermediate *CA // below CA
	OtherCA      *CA // a stranger

	Good            *Cert
	Admin           *Cert // good as well, with another common name
	Revoked         *Cert // good but for CRL
	Expired         *Cert
	NotYetValid     *Cert
	WrongUsage      *Cert // a server certificate
	ViaIntermediate *Cert // use WithoutChain to present it incompletely
	Untrusted       *Cert // signed by OtherCA
	SelfSigned      *Cert

	CRL []byte // PEM; the lists of CA and Intermediate
}

// NewClients makes them all. Their common names are the names that All gives them.
func NewClients() (*Clients, error) {
	c := &Clients{}
	if err := c.authorities(); err != nil {
		return nil, err
	}
	for _, leaf := range []struct {
		into    **Cert
		ca      *CA
		name    string
		options []Option
	}{
		{&c.Good, c.CA, "good", nil},
		{&c.Admin, c.CA, "admin", nil},
		{&c.Revoked, c.CA, "revoked", nil},
		{&c.Expired, c.CA, "expired", []Option{Expired()}},
		{&c.NotYetValid, c.CA, "not-yet-valid", []Option{NotYetValid()}},
		{&c.WrongUsage, c.CA, "wrong-usage", []Option{Usage(x509.ExtKeyUsageServerAuth)}},
		{&c.ViaIntermediate, c.Intermediate, "via-intermediate", nil},
		{&c.Untrusted, c.OtherCA, "untrusted", nil},
	} {
		var err error
		if *leaf.into, err = leaf.ca.Client(leaf.name, leaf.options...); err != nil {
			return nil, err
		}
	}
	var err error
	if c.SelfSigned, err = SelfSigned("self-signed"); err != nil {
		return nil, err
	}
	return c, c.revoke()
}

func (c *Clients) authorities() (err error) {
	if c.CA, err = NewCA("clients CA"); err != nil {
		return err
	}
	if c.Intermediate, err = c.CA.Intermediate("clients intermediate CA"); err != nil {
		return err
	}
	c.OtherCA, err = NewCA("other CA")
	return err
}

func (c *Clients) revoke() error {
	c.CA.Revoke(c.Revoked)
	for _, ca := range []*CA{c.CA, c.Intermediate} {
		list, err := ca.CRL()
		if err != nil {
			return err
		}
		c.CRL = append(c.CRL, list...)
	}
	return nil
}

// Named is a certificate with the name that tests and files use for it.
type Named struct {
	Name string
	Cert *Cert
}

// All lists the certificates in a fixed order.
func (c *Clients) All() []Named {
	return []Named{
		{"good", c.Good},
		{"admin", c.Admin},
		{"revoked", c.Revoked},
		{"expired", c.Expired},
		{"not-yet-valid", c.NotYetValid},
		{"wrong-usage", c.WrongUsage},
		{"via-intermediate", c.ViaIntermediate},
		{"untrusted", c.Untrusted},
		{"self-signed", c.SelfSigned},
	}
}
