package render

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// misread finds browsers that take SameSite=None for Strict.
const misread = `Chrome/[456]|CPU iPhone OS 12|iPad; CPU OS 12|^(?!.*Chrome).*Macintosh.*Intel Mac OS X 10_14.*Safari`

// sessionStep keeps clients at a server. HAProxy names servers by a digest of their address, so that those that come at
// run time have a name as well; what it says of the cookie is replaced by what the route asks for.
func (r *renderer) sessionStep(g *group) []cfg.Line {
	s, key := g.policy.Session, g.cookieKey()
	if key == "" {
		return nil
	}
	out := []cfg.Line{
		cfg.L("cookie", cfg.Word(s.Name), cfg.Kw("insert dynamic")),
		cfg.L("dynamic-cookie-key", cfg.Word(key)),
		cfg.L("no option redispatch"),
	}
	if s.ChangeOnFailure {
		out[2] = cfg.L("option redispatch", cfg.Int(1))
	}
	return append(out, r.cookieRules(s)...)
}

// cookieRules write the cookie, one rule for each way it may look.
func (r *renderer) cookieRules(s *model.Session) []cfg.Line {
	var out []cfg.Line
	rule := func(secure bool, sameSite string) cfg.Line {
		return cfg.L("http-after-response replace-header Set-Cookie", cfg.Word("^"+regexp.QuoteMeta(s.Name)+"=([^;]*).*$"),
			cfg.Format(cookiePieces(s, secure, sameSite)...))
	}
	https, odd := cfg.True(cfg.Fetch("ssl_fc")), cfg.Found(cfg.Var("txn.misread"))
	if s.UnlessMisread {
		agent := cfg.Fetch("req.fhdr", "user-agent")
		out = append(out, set("txn.misread", cfg.Str("1")).If(cfg.Match(agent, cfg.Regex, misread)))
	}
	for _, sameSite := range []string{s.SameSite, ""} {
		if sameSite == "" && s.SameSite != "" && !s.UnlessMisread {
			continue
		}
		when := func(c ...cfg.Cond) cfg.Cond { return cfg.And(c...) }
		if s.UnlessMisread {
			look := odd
			if sameSite != "" {
				look = cfg.Not(odd)
			}
			when = func(c ...cfg.Cond) cfg.Cond { return cfg.And(append([]cfg.Cond{look}, c...)...) }
		}
		if s.Secure {
			out = append(out, rule(true, sameSite).If(when()))
		} else {
			out = append(out, rule(true, sameSite).If(when(https)), rule(false, sameSite).If(when(cfg.Not(https))))
		}
		if s.SameSite == "" {
			break
		}
	}
	return out
}

func cookiePieces(s *model.Session, secure bool, sameSite string) []cfg.Piece {
	out := []cfg.Piece{cfg.Text(s.Name + `=\1`)}
	if s.Expires != nil {
		date := cfg.Fetch("date", strconv.Itoa(*s.Expires)).Conv("http_date")
		out = append(out, cfg.Text("; Expires="), cfg.Print(date))
	}
	rest := ""
	if s.MaxAge != nil {
		rest += "; Max-Age=" + strconv.Itoa(*s.MaxAge)
	}
	if s.Domain != "" {
		rest += "; Domain=" + s.Domain
	}
	rest += "; Path=" + s.Path
	if secure {
		rest += "; Secure"
	}
	rest += "; HttpOnly"
	if sameSite != "" {
		rest += "; SameSite=" + sameSite
	}
	return append(out, cfg.Text(rest))
}

// cookieKey is what the cookies of a backend are made with; "" if it has none.
func (g *group) cookieKey() string {
	forward, forwards := g.action.(model.Forward)
	if g.policy.Session == nil || !forwards {
		return ""
	}
	return cookieKey(forward.Backend)
}

func cookieKey(id model.BackendID) string { return id.String() }

// cookieValue is what HAProxy calls a server in a cookie: the digest of the key, the address and the port.
func cookieValue(id model.BackendID, addr netip.AddrPort) string {
	data := append([]byte(cookieKey(id)), addr.Addr().AsSlice()...)
	data = binary.BigEndian.AppendUint32(data, uint32(addr.Port()))
	return fmt.Sprintf("%016x", xxhash.Sum64(data))
}
