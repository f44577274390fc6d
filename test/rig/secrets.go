package rig

import "slices"

// authSecret is the content of a Secret that auth-tls-secret names.
type authSecret struct {
	name      string
	ca, crl   []byte
	cert, key []byte
	refused   bool // ingress-nginx doesn't take it: same as absent
}

// authSecrets are the Secrets of the host table, in a fixed order.
func (p *PKI) authSecrets() []authSecret {
	garbage := []byte("-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n")
	return []authSecret{
		{name: SecretMain, ca: p.main.pem()},
		{name: SecretMainToo, ca: p.main.pem()},
		{name: SecretOther, ca: p.other.pem()},
		{name: SecretTwin, ca: p.twin.pem()},
		{name: SecretCRL, ca: p.main.pem(), crl: p.mainCRL},
		{name: SecretNoneRevoked, ca: p.main.pem(), crl: p.emptyCRL},
		{name: SecretStale, ca: p.main.pem(), crl: p.staleCRL},
		{name: SecretPair, ca: p.main.pem(), cert: p.pairCert, key: p.pairKey},
		{name: SecretKeyOnly, cert: p.pairCert, key: p.pairKey},
		{name: SecretBadCA, ca: garbage},
		{name: SecretBadCRL, ca: p.main.pem(), crl: []byte("not a list\n")},
	}
}

// bundle is what ingress-nginx writes into ssl_client_certificate: the pair of
// the Secret, if it has one, and the authorities. It is empty without ca.crt.
func (s authSecret) bundle() []byte {
	if len(s.ca) == 0 {
		return nil
	}
	if len(s.cert) == 0 {
		return s.ca
	}
	return slices.Concat(s.cert, s.key, []byte("\n"), s.ca)
}

func (p *PKI) authSecret(name string) authSecret {
	for _, s := range p.authSecrets() {
		if s.name == name {
			return s
		}
	}
	panic("no Secret " + name)
}
