package render

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	logStart  = "txn.log_start"  // milliseconds
	logServer = "txn.log_server" // seconds
	logID     = "txn.log_id"
	logUser   = "txn.log_user"
	logHeader = "txn.log_header" // and a number
)

// logTemplate is the line that the operator writes; nil where there is none to write.
func (r *renderer) logTemplate() *model.LogTemplate {
	if r.model.Global.LogFormat == model.LogOff {
		return nil
	}
	return r.model.Global.LogTemplate
}

// logRules remember what is gone when the line is written.
func (r *renderer) logRules() []cfg.Line {
	t := r.logTemplate()
	if t == nil {
		return nil
	}
	out := map[string]cfg.Line{}
	for _, p := range t.Parts {
		switch p.Field {
		case model.LogHeader:
			name := logHeader + strconv.Itoa(t.Number(p.Name))
			out[name] = set(name, cfg.Fetch("req.fhdr", p.Name))
		case model.LogID:
			out[logID] = set(logID, cfg.Fetch("req.hdr", "x-request-id"))
		case model.LogUser:
			out[logUser] = set(logUser, cfg.Fetch("http_auth_user"))
		case model.LogTime:
			out[logStart] = set(logStart, now())
		case model.LogServerTime:
			out[logStart] = set(logStart, now())
			out[logServer] = cfg.L("http-response", cfg.Call("set-var-fmt", logServer), cfg.Format(elapsed()...))
		}
	}
	var lines []cfg.Line
	for _, name := range slices.Sorted(maps.Keys(out)) {
		lines = append(lines, out[name])
	}
	return lines
}

func now() cfg.Sample { return cfg.Fetch("date", "0", "ms") }

// elapsed is the time since logStart in seconds, with three digits behind the point.
func elapsed() []cfg.Piece {
	ms := now().Conv("sub", logStart)
	return []cfg.Piece{
		cfg.Print(ms.Conv("div", "1000")), cfg.Text("."), cfg.Print(ms.Conv("mod", "1000").Conv("add", "1000").Conv("regsub", "^1", "")),
	}
}

// templateLog writes the pieces of a line.
func templateLog(t *model.LogTemplate) []cfg.Piece {
	var out []cfg.Piece
	for _, p := range t.Parts {
		out = append(out, logPieces(t, p)...)
	}
	return out
}

func logPieces(t *model.LogTemplate, p model.LogPart) []cfg.Piece {
	one := func(p cfg.Piece) []cfg.Piece { return []cfg.Piece{p} }
	said := func(s cfg.Sample) cfg.Piece { // by a client
		if t.JSON {
			return cfg.Print(s.Conv("json", "utf8s"))
		}
		return cfg.Print(s, "+E")
	}
	method, uri, version := cfg.Fetch("capture.req.method"), cfg.Fetch("capture.req.uri"), cfg.Fetch("capture.req.ver")
	switch p.Field {
	case model.LogNothing:
		return one(cfg.Text(p.Text))
	case model.LogRequest:
		return []cfg.Piece{said(method), cfg.Text(" "), said(uri), cfg.Text(" "), said(version)}
	case model.LogTime:
		return elapsed()
	case model.LogServer:
		return []cfg.Piece{cfg.LogVar("si"), cfg.Text(":"), cfg.LogVar("sp")}
	case model.LogBackend:
		return []cfg.Piece{cfg.Print(part("1")), cfg.Text("-"), cfg.Print(part("3")), cfg.Text("-"), cfg.Print(part("4"))}
	case model.LogTimeISO:
		return one(cfg.Print(cfg.Fetch("date").Conv("utime", "%Y-%m-%dT%H:%M:%S+00:00")))
	case model.LogHeader:
		return one(said(cfg.Var(logHeader + strconv.Itoa(t.Number(p.Name)))))
	}
	if s, ok := map[model.LogField]cfg.Sample{
		model.LogUser: cfg.Var(logUser), model.LogMethod: method, model.LogURI: uri, model.LogPath: cfg.Var("txn.path"), model.LogProtocol: version,
		model.LogHost: cfg.Var("txn.host"), model.LogID: cfg.Var(logID), model.LogServerTime: cfg.Var(logServer),
		model.LogNamespace: part("1"), model.LogIngress: part("2"), model.LogService: part("3"), model.LogServicePort: part("4"),
	}[p.Field]; ok {
		return one(said(s))
	}
	return one(map[model.LogField]cfg.Piece{
		model.LogClient: cfg.LogVar("ci"), model.LogClientPort: cfg.LogVar("cp"), model.LogTimeLocal: cfg.LogVar("trl"), model.LogStatus: cfg.LogVar("ST"),
		model.LogBytes: cfg.LogVar("B"), model.LogRequestBytes: cfg.LogVar("U"), model.LogTLSVersion: cfg.LogVar("sslv"), model.LogTLSCipher: cfg.LogVar("sslc"),
	}[p.Field])
}
