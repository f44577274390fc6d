package render

import (
	"fmt"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// pieces writes a template as a log-format. Control bytes of a variable are encoded by HAProxy where it matters (cfg.Print).
func (r *renderer) pieces(t model.Template) []cfg.Piece {
	var out []cfg.Piece
	for _, p := range t {
		if p.Var == model.VarNone {
			out = append(out, cfg.Text(p.Text))
		} else {
			out = append(out, cfg.Print(r.sample(p)))
		}
	}
	return out
}

// sample reads one variable; txn.host and txn.path are set by the frontend, txn.capture1 to 9 by groupsStep.
func (r *renderer) sample(p model.Part) cfg.Sample {
	switch p.Var {
	case model.VarHost:
		return cfg.Var("txn.host")
	case model.VarHostHeader:
		return cfg.Fetch("req.fhdr", "host")
	case model.VarScheme:
		return bySecurity("https", "http")
	case model.VarRequestURI:
		return cfg.Fetch("pathq")
	case model.VarEscapedURI:
		return cfg.Fetch("pathq").Conv("url_enc")
	case model.VarPath:
		return cfg.Var("txn.path")
	case model.VarQuery:
		return cfg.Fetch("query")
	case model.VarSuffix:
		return cfg.Fetch("query").Conv("regsub", "^(.)", `?\1`)
	case model.VarCame:
		return cfg.Var(cameVariable(p.Name))
	case model.VarQuestion:
		return cfg.Fetch("query").Conv("regsub", "^.+$", "?")
	case model.VarMore:
		return cfg.Fetch("query").Conv("regsub", "^(.)", `&\1`)
	case model.VarOwn:
		return cfg.Var(ownPrefix + p.Name)
	case model.VarGroup:
		return cfg.Var(groupPrefix + p.Name)
	case model.VarBareURI:
		return cfg.Fetch("pathq").Conv("regsub", "/$", "")
	case model.VarMethod:
		return cfg.Fetch("method")
	case model.VarClientAddr:
		return cfg.Fetch("src")
	case model.VarServerPort:
		return cfg.Fetch("req.hdr", "x-forwarded-port")
	case model.VarListenPort:
		return bySecurity(strconv.Itoa(int(r.model.Global.HTTPSPort)), strconv.Itoa(int(r.model.Global.HTTPPort)))
	case model.VarPortSuffix:
		return bySecurity(portSuffix(r.model.Global.HTTPSPort, 443), portSuffix(r.model.Global.HTTPPort, 80))
	case model.VarRequestID:
		return cfg.Fetch("req.hdr", "x-request-id")
	case model.VarHeader:
		return cfg.Fetch("req.fhdr", p.Name)
	case model.VarCookie:
		return cfg.Fetch("req.cook", p.Name)
	case model.VarArgument:
		return cfg.Fetch("urlp", p.Name)
	case model.VarCertVerify:
		return cfg.Fetch("req.fhdr", "ssl-client-verify")
	case model.VarCertSubject:
		return cfg.Fetch("req.fhdr", "ssl-client-subject-dn")
	case model.VarCertIssuer:
		return cfg.Fetch("req.fhdr", "ssl-client-issuer-dn")
	case model.VarCertPEM:
		return cfg.Fetch("req.fhdr", "ssl-client-cert")
	case model.VarForwardedFor:
		return cfg.Fetch("req.hdr", "x-forwarded-for")
	case model.VarCapture:
		return cfg.Var("txn.capture" + p.Name)
	case model.VarScript:
		return cfg.Var(scriptVar)
	case model.VarNone:
		return cfg.Str(p.Text)
	default:
		panic(fmt.Sprintf("variable %d has no expression", p.Var))
	}
}

// bySecurity is a text for HTTPS and one for HTTP.
func bySecurity(https, http string) cfg.Sample { return cfg.Fetch("ssl_fc").Conv("iif", https, http) }

// portSuffix is how a URL names a port.
func portSuffix(port, usual uint16) string {
	if port == usual {
		return ""
	}
	return ":" + strconv.Itoa(int(port))
}
