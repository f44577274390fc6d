package render

import (
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// accessLog writes a line per request: who asked for what, which Ingress and server answered, and how long each step
// took (manual 8.2.6: TR request, Tw queue, Tc connect, Tr response header, Ta all; milliseconds, -1 for a step that
// was not reached).
func (r *renderer) accessLog() []cfg.Line {
	var pieces []cfg.Piece
	if r.options.Measure {
		pieces = measured()
	}
	if t := r.logTemplate(); t != nil {
		pieces = append(pieces, templateLog(t)...)
		return []cfg.Line{cfg.L("log global"), cfg.L("log-format", cfg.Format(pieces...))}
	}
	switch r.model.Global.LogFormat {
	case model.LogJSON:
		pieces = append(pieces, jsonLog()...)
	case model.LogText:
		pieces = append(pieces, textLog()...)
	case model.LogOff:
		if !r.options.Measure {
			return nil
		}
	}
	return []cfg.Line{cfg.L("log global"), cfg.L("log-format", cfg.Format(pieces...))}
}

// MeasuredEnd ends the part of a line that is for figures.
const MeasuredEnd = " |> "

// measured is for figures: owner, host, method, status, bytes out and in, milliseconds in all, to the header of the
// answer, and to connect, how the session ended (8.5), and "1" if nobody wants to read the rest of the line.
func measured() []cfg.Piece {
	blank := cfg.Text(" ")
	return []cfg.Piece{
		cfg.Print(cfg.Var("txn.route").Conv("field", "-1", "|")), blank, cfg.Print(cfg.Var("txn.key")), blank, cfg.LogVar("HM"), blank,
		cfg.LogVar("ST"), blank, cfg.LogVar("B"), blank, cfg.LogVar("U"), blank,
		cfg.LogVar("Ta"), blank, cfg.LogVar("Tr"), blank, cfg.LogVar("Tc"), blank, cfg.LogVar("ts"), blank, cfg.Print(cfg.Var("txn.quiet")), cfg.Text(MeasuredEnd),
	}
}

// part is a part of the owner of the route, which is the last field of its entry in the map: namespace, Ingress,
// service, port.
func part(n string) cfg.Sample {
	return cfg.Var("txn.route").Conv("field", "-1", "|").Conv("field", n, ":")
}

func textLog() []cfg.Piece {
	t := cfg.Text
	return []cfg.Piece{
		cfg.LogVar("ci"), t(":"), cfg.LogVar("cp"), t(" ["), cfg.LogVar("tr"), t("] "), cfg.LogVar("HM", "+Q"), t(" "),
		cfg.Print(cfg.Var("txn.host"), "+Q"), t(" "), cfg.LogVar("HU", "+Q"), t(" "), cfg.LogVar("HV"), t(" "),
		cfg.LogVar("ST"), t(" "), cfg.LogVar("B"), t(" ingress="), cfg.Print(part("1")), t("/"), cfg.Print(part("2")),
		t(" service="), cfg.Print(part("3")), t(":"), cfg.Print(part("4")), t(" upstream="), cfg.LogVar("si"), t(":"), cfg.LogVar("sp"),
		t(" times="), cfg.LogVar("TR"), t("/"), cfg.LogVar("Tw"), t("/"), cfg.LogVar("Tc"), t("/"), cfg.LogVar("Tr"), t("/"), cfg.LogVar("Ta"),
		t(" state="), cfg.LogVar("ts"), t(" retries="), cfg.LogVar("rc"), t(" tls="), cfg.LogVar("sslv"),
	}
}

func jsonLog() []cfg.Piece {
	var out []cfg.Piece
	sep := "{"
	field := func(name string, quote string, value cfg.Piece) {
		out = append(out, cfg.Text(sep+`"`+name+`":`+quote), value, cfg.Text(quote))
		sep = ","
	}
	escaped := func(s cfg.Sample) cfg.Piece { return cfg.Print(s.Conv("json", "utf8s")) }
	field("time", `"`, cfg.LogVar("tr"))
	field("client", `"`, cfg.LogVar("ci"))
	field("client_port", "", cfg.LogVar("cp"))
	field("method", `"`, escaped(cfg.Fetch("capture.req.method")))
	field("host", `"`, escaped(cfg.Var("txn.host")))
	field("uri", `"`, escaped(cfg.Fetch("capture.req.uri")))
	field("protocol", `"`, escaped(cfg.Fetch("capture.req.ver")))
	field("status", "", cfg.LogVar("ST"))
	field("bytes", "", cfg.LogVar("B"))
	field("namespace", `"`, escaped(part("1")))
	field("ingress", `"`, escaped(part("2")))
	field("service", `"`, escaped(part("3")))
	field("service_port", `"`, escaped(part("4")))
	field("upstream", `"`, cfg.LogVar("si"))
	field("upstream_port", `"`, cfg.LogVar("sp"))
	field("request_ms", "", cfg.LogVar("TR"))
	field("queue_ms", "", cfg.LogVar("Tw"))
	field("connect_ms", "", cfg.LogVar("Tc"))
	field("response_ms", "", cfg.LogVar("Tr"))
	field("total_ms", "", cfg.LogVar("Ta"))
	field("state", `"`, cfg.LogVar("ts"))
	field("retries", `"`, cfg.LogVar("rc"))
	field("tls", `"`, cfg.LogVar("sslv"))
	return append(out, cfg.Text("}"))
}
