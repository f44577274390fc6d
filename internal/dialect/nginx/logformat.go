package nginx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	logFormat = &dialect.Key[[]model.LogPart]{
		Description: dialect.Description{
			Key: "log-format-upstream", Values: "text with variables of nginx", Scope: dialect.Setting,
			Doc:     "A line of the access log. A variable that has no equal is an error, and the log stays as it is.",
			Support: dialect.Partial,
			Instead: "Bytes are counted with headers; times and addresses of servers are those of the last try; $upstream_response_time ends with the header of the answer; what is missing is \"-\", in JSON too.",
		},
		Parse: parseLogFormat,
	}
	logJSON = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "log-format-escape-json", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Escape variables of log-format-upstream for JSON.",
		},
		Parse: dialect.ParseBool,
	}
)

var logFormats = &dialect.Feature{
	Name: "log-format", Title: "Lines of the access log",
	Doc:  "In place of --access-log text and json. hawser compare reads it if it is the usual line of ingress-nginx.",
	Keys: []dialect.Spec{logFormat, logJSON},
	Global: func(p *dialect.Pass, g *model.Global) {
		if parts, ok := logFormat.Get(p); ok {
			g.LogTemplate = &model.LogTemplate{Parts: parts}
			g.LogTemplate.JSON, _ = logJSON.Get(p)
		}
	},
}

func logFields() map[string]model.LogField {
	return map[string]model.LogField{
		"remote_addr": model.LogClient, "the_real_ip": model.LogClient, "realip_remote_addr": model.LogClient, "remote_port": model.LogClientPort,
		"remote_user": model.LogUser, "time_local": model.LogTimeLocal, "time_iso8601": model.LogTimeISO,
		"request": model.LogRequest, "request_method": model.LogMethod, "request_uri": model.LogURI, "uri": model.LogPath, "server_protocol": model.LogProtocol,
		"host": model.LogHost, "best_http_host": model.LogHost, "server_name": model.LogHost, "req_id": model.LogID, "request_id": model.LogID,
		"status": model.LogStatus, "body_bytes_sent": model.LogBytes, "bytes_sent": model.LogBytes, "upstream_response_length": model.LogBytes,
		"request_length": model.LogRequestBytes, "request_time": model.LogTime,
		"upstream_addr": model.LogServer, "upstream_status": model.LogStatus, "upstream_response_time": model.LogServerTime, "upstream_header_time": model.LogServerTime,
		"proxy_upstream_name": model.LogBackend, "namespace": model.LogNamespace, "ingress_name": model.LogIngress,
		"service_name": model.LogService, "service_port": model.LogServicePort, "ssl_protocol": model.LogTLSVersion, "ssl_cipher": model.LogTLSCipher,
	}
}

func parseLogFormat(s string) ([]model.LogPart, error) {
	if len(s) > 4096 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return nil, errors.New("it is longer than 4096 bytes, or has line ends or other control characters")
	}
	fields := logFields()
	var out []model.LogPart
	for s != "" {
		before, rest, found := strings.Cut(s, "$")
		if before != "" {
			out = append(out, model.LogPart{Text: before})
		}
		if !found {
			break
		}
		name, after, err := variableName(rest)
		if err != nil {
			return nil, err
		}
		s = after
		field, known := fields[name]
		part, _ := named(name)
		switch {
		case name == "proxy_alternative_upstream_name": // the canary is what proxy_upstream_name tells
		case known:
			out = append(out, model.LogPart{Field: field})
		case part.Var == model.VarHeader:
			out = append(out, model.LogPart{Field: model.LogHeader, Name: part.Name})
		default:
			return nil, fmt.Errorf("the variable $%s has no equal", name)
		}
	}
	return out, nil
}
