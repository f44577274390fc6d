package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	modeMap   = "maps/client-cert.map"      // host key -> mode
	pageMap   = "maps/client-cert-page.map" // host key -> error page
	passMap   = "maps/client-cert-pass.map" // host key -> 1
	cnMap     = "maps/client-cert-cn.map"   // host key -> 1
	reasonMap = "maps/verify-error.map"     // verification error -> text
	cnList    = "maps/client-cert-cn.reg"   // host key, "|" and the expression for the subject
	ignore    = "+ignore"                   // behind a mode: client-crt-ignore-err holds
)

// policies says which parts of the client-certificate rules any host needs.
type policies struct {
	any    bool // a host has a policy
	asks   bool // a handshake asks for a certificate
	ignore []model.VerifyCode
	pages  bool
	pass   bool
	cn     bool
}

func policiesOf(m *model.Model) policies {
	var p policies
	for _, h := range m.Hosts {
		c := h.ClientCert
		if c == nil {
			continue
		}
		p.any = true
		if c.Verify == model.VerifyDeny {
			continue
		}
		p.asks = p.asks || verifies(c)
		p.pages = p.pages || c.ErrorPage != nil
		p.pass = p.pass || c.PassCert
		p.cn = p.cn || c.MatchCN != ""
		if len(c.IgnoreErr) > 0 {
			p.ignore = c.IgnoreErr // there is one such policy, the controller's
		}
	}
	return p
}

// clientCertMaps puts the policy of each host into tables, so that the rules are the same for one host and for
// thousands.
func (r *renderer) clientCertMaps() {
	if !r.policies.any {
		return
	}
	// only what a rule refers to: HAProxy does not know other files
	for file, wanted := range map[string]bool{modeMap: true, pageMap: r.policies.pages, passMap: r.policies.pass, cnMap: r.policies.cn} {
		if wanted {
			r.bundle.Maps[file] = nil
		}
	}
	if r.policies.cn {
		r.bundle.Patterns[cnList] = nil
	}
	r.trust()
	for _, h := range r.model.Hosts {
		if h.ClientCert != nil {
			r.hostPolicy(h, h.ClientCert)
		}
	}
	for _, e := range model.VerifyErrors() {
		k, err := cfg.NewMapKey(strconv.Itoa(int(e.Code)))
		r.fail(r.model.Hosts[0].Origins[0], err)
		v, err := cfg.NewMapValue(e.Text)
		r.fail(r.model.Hosts[0].Origins[0], err)
		r.bundle.Maps[reasonMap] = append(r.bundle.Maps[reasonMap], cfg.MapEntry{Key: k, Value: v})
	}
}

func (r *renderer) hostPolicy(h *model.Host, c *model.ClientCert) {
	k := key(h.Name)
	mode := c.Verify.String()
	if len(c.IgnoreErr) > 0 && verifies(c) {
		mode += ignore
	}
	r.addEntry(modeMap, h, k, mode)
	if c.Verify == model.VerifyDeny {
		return // nothing else of it counts
	}
	r.authority(h, c, k)
	if c.ErrorPage != nil {
		r.addEntry(pageMap, h, k, c.ErrorPage.URL)
	}
	if c.PassCert {
		r.addEntry(passMap, h, k, "1")
	}
	if c.MatchCN == "" {
		return
	}
	r.addEntry(cnMap, h, k, "1")
	pattern, err := cfg.NewMapKey(fmt.Sprintf(`^%s\|(?s:.*)(?:%s)`, regexp.QuoteMeta(k), withoutBlanks(c.MatchCN)))
	if err != nil {
		r.fail(c.Origin, fmt.Errorf("auth-tls-match-cn: %w", err))
		return
	}
	if len(r.bundle.Lines[cnList]) == 0 {
		r.bundle.Lines[cnList] = [][]issue.Ref{nil} // line 0 is none
	}
	r.bundle.Patterns[cnList] = append(r.bundle.Patterns[cnList], pattern)
	r.bundle.Lines[cnList] = append(r.bundle.Lines[cnList], []issue.Ref{c.Origin})
}

// withoutBlanks writes the blanks of a regular expression as \x20, because a line of a pattern file ends at one.
func withoutBlanks(expression string) string {
	var b strings.Builder
	for i := 0; i < len(expression); i++ {
		c := expression[i]
		if c == '\\' && i+1 < len(expression) {
			i++
			if expression[i] != ' ' && expression[i] != '\t' {
				b.WriteByte(c)
			}
			c = expression[i]
		}
		switch c {
		case ' ':
			b.WriteString(`\x20`)
		case '\t':
			b.WriteString(`\x09`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func modes(list ...string) cfg.Cond {
	var all []string
	for _, m := range list {
		all = append(all, m)
		if m == "on" || m == "optional" {
			all = append(all, m+ignore)
		}
	}
	return cfg.Match(cfg.Var("txn.mode"), cfg.Exact, all...)
}
