package render

import (
	"fmt"

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
			out = append(out, r.variable(p)...)
		}
	}
	return out
}

// variable writes one variable; txn.host and txn.path are set by the frontend.
func (r *renderer) variable(p model.Part) []cfg.Piece {
	one := func(s cfg.Sample) []cfg.Piece { return []cfg.Piece{cfg.Print(s)} }
	switch p.Var {
	case model.VarHost:
		return one(cfg.Var("txn.host"))
	case model.VarHostHeader:
		return one(cfg.Fetch("req.fhdr", "host"))
	case model.VarScheme:
		return one(cfg.Fetch("ssl_fc").Conv("iif", "https", "http"))
	case model.VarRequestURI:
		return one(cfg.Fetch("pathq"))
	case model.VarEscapedURI:
		return one(cfg.Fetch("pathq").Conv("url_enc"))
	case model.VarPath:
		return one(cfg.Var("txn.path"))
	case model.VarQuery:
		return one(cfg.Fetch("query"))
	case model.VarMethod:
		return one(cfg.Fetch("method"))
	case model.VarClientAddr:
		return one(cfg.Fetch("src"))
	case model.VarServerPort:
		return one(cfg.Fetch("req.hdr", "x-forwarded-port"))
	case model.VarRequestID:
		return one(cfg.Fetch("req.hdr", "x-request-id"))
	case model.VarHeader:
		return one(cfg.Fetch("req.fhdr", p.Name))
	case model.VarCookie:
		return one(cfg.Fetch("req.cook", p.Name))
	case model.VarArgument:
		return one(cfg.Fetch("urlp", p.Name))
	case model.VarCertVerify:
		return one(cfg.Fetch("req.fhdr", "ssl-client-verify"))
	case model.VarCertSubject:
		return one(cfg.Fetch("req.fhdr", "ssl-client-subject-dn"))
	case model.VarCertIssuer:
		return one(cfg.Fetch("req.fhdr", "ssl-client-issuer-dn"))
	case model.VarCertPEM:
		return one(cfg.Fetch("req.fhdr", "ssl-client-cert"))
	case model.VarForwardedFor:
		return one(cfg.Fetch("req.hdr", "x-forwarded-for"))
	case model.VarCapture:
		return one(cfg.Var("txn.capture" + p.Name))
	case model.VarNone:
		return []cfg.Piece{cfg.Text(p.Text)}
	default:
		panic(fmt.Sprintf("variable %d has no expression", p.Var))
	}
}
