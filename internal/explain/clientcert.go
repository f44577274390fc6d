package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

const shutReason = "the host needs a client certificate, which plain HTTP can't carry, and the route is not redirected to HTTPS"

// connect is the TLS handshake: the name in it decides which certificates are exchanged.
func (e *explainer) connect() bool {
	if !e.request.Secure {
		return false
	}
	server, own := e.names.server(strings.ToLower(e.request.SNI))
	policy := e.policyOf(server)
	e.answer.TLS = &TLS{SNI: e.request.SNI, Certificate: e.world.Model.Global.DefaultCert.ID}
	if own && server.TLS != nil {
		e.answer.TLS.Certificate = server.TLS.ID
	}
	if asks(policy) && len(e.request.Certs) > 0 {
		v := verify(e.request.Certs, policy.CA, policy.Depth, e.request.Now)
		e.presented = &v
	}
	e.describePolicy()
	if e.presented != nil && e.presented.aborts {
		e.answer.Result = Result{From: FromHandshake, Why: "HAProxy refuses the certificate in the handshake: " + e.presented.last.String()}
		return true
	}
	return false
}

// policyOf is the policy of a connection; the catch-all's is that of names that no host has.
func (e *explainer) policyOf(h *model.Host) *model.ClientCert {
	switch {
	case h != nil:
		return h.ClientCert
	case e.names.catchAll != nil:
		return e.names.catchAll.ClientCert
	default:
		return nil
	}
}

func asks(c *model.ClientCert) bool {
	if c == nil {
		return false
	}
	switch c.Verify {
	case model.VerifyOn, model.VerifyOptional, model.VerifyOptionalNoCA:
		return true
	case model.VerifyOff, model.VerifyDeny:
		return false
	default:
		panic("a client-certificate policy has no mode")
	}
}

func (e *explainer) policy() *model.ClientCert {
	if e.host == nil {
		return nil
	}
	return e.host.ClientCert
}

func (e *explainer) describePolicy() {
	c := e.policy()
	if c == nil {
		return
	}
	p := &Policy{
		Verify: c.Verify.String(), Reason: c.Reason, From: c.Origin, Depth: c.Depth, MatchCN: c.MatchCN,
		PassCert: c.PassCert, HideCANames: c.HideCANames,
	}
	if c.Secret.Name != "" {
		p.Secret = c.Secret.Namespace + "/" + c.Secret.Name
	}
	if c.ErrorPage != nil {
		p.ErrorPage = c.ErrorPage.URL
	}
	if c.CA != nil {
		p.Revocation = len(c.CA.CRLs) > 0
		for _, cert := range c.CA.Certs {
			p.Authorities = append(p.Authorities, rfc2253(cert.RawSubject))
		}
	}
	for _, code := range c.IgnoreErr {
		p.Ignored = append(p.Ignored, verifyName(code))
	}
	if e.presented != nil {
		leaf, code := e.presented.chain[0], e.presented.last
		p.Shown = &Presented{rfc2253(leaf.RawSubject), rfc2253(leaf.RawIssuer), int(code), verifyName(code), code.String()}
	}
	e.answer.ClientCert = p
}

func verifyName(code model.VerifyCode) string {
	for _, e := range model.VerifyErrors() {
		if e.Code == code {
			return e.Name
		}
	}
	return fmt.Sprint(int(code))
}

// certificate enforces the policy of the host.
func (e *explainer) certificate() bool {
	if !e.request.Secure {
		e.describePolicy()
	}
	c := e.policy()
	switch {
	case c == nil:
		return false
	case c.Verify == model.VerifyDeny:
		return e.reply(403, "the client-certificate policy can't be honoured, so the host is closed: "+c.Reason)
	case !e.request.Secure:
		return e.subject()
	default:
		return e.misdirected() || e.verdict() || e.subject()
	}
}

// misdirected: a certificate that was shown to one host proves nothing to another.
func (e *explainer) misdirected() bool {
	if !asks(e.policy()) {
		return false
	}
	sni := strings.ToLower(strings.TrimRight(e.request.SNI, "."))
	same := sni == e.hostname && sni != ""
	server, _ := e.names.known(sni)
	known := server != nil
	sent := e.presented != nil
	if known && !same || sent && !same && !e.catchAll || sent && e.catchAll && known {
		return e.reply(421, fmt.Sprintf("the TLS connection was made for %q, so its client certificate proves nothing to %q", e.request.SNI, e.hostname))
	}
	return false
}

func (e *explainer) verdict() bool {
	c := e.policy()
	switch {
	case !asks(c):
		return false
	case e.presented == nil && c.Verify == model.VerifyOn:
		return e.refused(c, "no client certificate was sent")
	case e.presented == nil, e.presented.last == model.VerifyOK, e.tolerated(c):
		return false
	default:
		return e.refused(c, "the client certificate is not accepted: "+e.presented.last.String())
	}
}

// tolerated are the errors that optional_no_ca and client-crt-ignore-err let through.
func (e *explainer) tolerated(c *model.ClientCert) bool {
	v := e.presented
	if c.Verify == model.VerifyOptionalNoCA && slices.Contains(append(model.UnknownAuthority(), model.VerifyPathLength), v.last) {
		return true
	}
	if len(c.IgnoreErr) == 0 {
		return false
	}
	ignored := func(code model.VerifyCode) bool { return slices.Contains(c.IgnoreErr, code) }
	timely := v.authority != model.VerifyExpired && v.authority != model.VerifyNotYetValid
	return ignored(v.last) && (v.leaf == model.VerifyOK || ignored(v.leaf)) && (v.authority == model.VerifyOK || timely && ignored(v.authority))
}

func (e *explainer) refused(c *model.ClientCert, reason string) bool {
	if c.ErrorPage == nil {
		return e.reply(400, reason)
	}
	page := c.ErrorPage.URL
	if !strings.HasPrefix(page, "https://") && !strings.HasPrefix(page, "http://") {
		page = "https://" + e.hostname + "/" + page
	}
	return e.redirect(302, page, reason)
}

// subject compares with auth-tls-match-cn; without a certificate the subject is empty.
func (e *explainer) subject() bool {
	c := e.policy()
	if c.MatchCN == "" {
		return false
	}
	subject := ""
	if e.presented != nil {
		subject = rfc2253(e.presented.chain[0].RawSubject)
	}
	// The configuration puts the host before the subject, so that a ^ in the expression never matches.
	expression, err := regexp.Compile(`^\|(?s:.*)(?:` + c.MatchCN + ")")
	if err != nil || !expression.MatchString("|"+subject) {
		return e.reply(403, fmt.Sprintf("the subject %q does not match %s", subject, c.MatchCN))
	}
	return false
}

// shut reports whether a request must not be served for want of TLS.
func (e *explainer) shut() bool {
	c := e.policy()
	return !e.request.Secure && c != nil && c.Verify == model.VerifyOn
}
