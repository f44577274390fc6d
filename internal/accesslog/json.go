package accesslog

import (
	"encoding/json"
	"strings"
)

// The names that fields of JSON logs usually have, the ones of nginx's variables first.
const (
	methodNames   = "request_method method http_method"
	uriNames      = "request_uri uri url path"
	queryNames    = "request_query args query query_string"
	hostNames     = "vhost host http_host server_name"
	schemeNames   = "scheme request_scheme x_forwarded_proto http_x_forwarded_proto"
	tlsNames      = "ssl_protocol tls tls_version"
	requestNames  = "request request_line"
	upstreamNames = "proxy_upstream_name upstream_name"
)

// parseJSON reads an object that names method and path, or a whole request line. What stands in front of the object, such
// as the time that a log collector adds, does not count.
func parseJSON(line string) (Entry, bool) {
	start := strings.IndexByte(line, '{')
	if start < 0 {
		return Entry{}, false
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(line[start:]), &object) != nil {
		return Entry{}, false
	}
	f := fields(object)
	e, ok := f.entry()
	if !ok {
		return Entry{}, false
	}
	if e.Host == "" {
		e.Host = f.text(hostNames)
	}
	if e.Scheme == "" {
		e.Scheme = f.scheme()
	}
	upstream := f.text(upstreamNames)
	if e, ok = newEntry(e.Method, e.Scheme, e.Host, e.Target); ok && upstream != "-" {
		e.Upstream = upstream
	}
	return e, ok
}

type fields map[string]json.RawMessage

// text is the first of the fields that is a text which says something.
func (f fields) text(names string) string {
	for name := range strings.FieldsSeq(names) {
		var s string
		if raw, ok := f[name]; ok && json.Unmarshal(raw, &s) == nil && s != "" && s != "-" {
			return s
		}
	}
	return ""
}

func (f fields) entry() (Entry, bool) {
	method, uri := f.text(methodNames), f.text(uriNames)
	if method == "" || uri == "" {
		return fromRequestLine(f.text(requestNames))
	}
	// A path without its query, which stands beside it.
	if query := f.text(queryNames); query != "" && !strings.Contains(uri, "?") {
		uri += "?" + query
	}
	return newEntry(method, "", "", uri)
}

func (f fields) scheme() string {
	if s := strings.ToLower(f.text(schemeNames)); s == "http" || s == "https" {
		return s
	}
	for name := range strings.FieldsSeq(tlsNames) {
		raw, ok := f[name]
		if !ok {
			continue
		}
		switch string(raw) {
		case `"-"`, `""`, "false", "null":
			return "http"
		default:
			return "https"
		}
	}
	return ""
}
