package oracle

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A reply is what an upstream server answers.
type reply struct {
	status int
	fields []field
	body   []byte
	delay  time.Duration
	cut    bool // closes the connection instead
	grpc   string
	isGRPC bool
}

// maxDelay bounds how long a request can make a server wait.
const maxDelay = 10 * time.Second

// behave decides the reply of server s to a request: the path, the X-Echo-* headers and the kind of server say it.
func behave(s server, saw Sighting, control map[string][]string) reply {
	switch s.kind {
	case authServer:
		return authReply(s, saw, control)
	case errorServer:
		return errorReply(s, saw)
	}
	r := reply{status: 200}
	path, _, _ := strings.Cut(saw.URI, "?")
	if n, ok := lastNumber(path, "/status/"); ok && n >= 200 && n <= 599 {
		r.status = n
	}
	if n, ok := lastNumber(path, "/delay/"); ok {
		r.delay = min(time.Duration(n)*time.Second, maxDelay)
	}
	if n, ok := number(ruling(control, "X-Echo-Status", s.name, true)); ok && n >= 200 && n <= 599 {
		r.status = n
	}
	if n, ok := number(ruling(control, "X-Echo-Delay", s.name, true)); ok {
		r.delay = min(time.Duration(n)*time.Second, maxDelay)
	}
	r.cut = ruling(control, "X-Echo-Close", s.name, true) != ""
	kind := "application/json"
	r.isGRPC = (s.kind == grpcServer || s.kind == grpcsServer) && strings.HasPrefix(first(saw.Headers, "Content-Type"), "application/grpc")
	if r.isGRPC {
		kind = "application/grpc"
		r.grpc = first(control, "X-Echo-Grpc-Status")
	}
	r.fields = append(r.fields, field{"Content-Type", kind})
	r.fields = append(r.fields, asked(control, "X-Echo-Set-Header")...)
	r.body = view(s.name, saw)
	if n, ok := number(first(control, "X-Echo-Body-Size")); ok && n >= 0 && n <= maxBody {
		r.body = filler(n)
	}
	return r
}

// authReply obeys its own path, and of the headers only what names the auth service, so that the same headers can steer
// the server behind.
func authReply(s server, saw Sighting, control map[string][]string) reply {
	r := reply{status: 200, body: view(s.name, saw)}
	path, _, _ := strings.Cut(saw.URI, "?")
	if n, ok := lastNumber(path, "/status/"); ok && n >= 200 && n <= 599 {
		r.status = n
	}
	if n, ok := number(ruling(control, "X-Echo-Status", s.name, false)); ok && n >= 200 && n <= 599 {
		r.status = n
	}
	r.fields = []field{{"Content-Type", "application/json"}}
	if path != "/nocookie" {
		r.fields = append(r.fields, field{"Set-Cookie", "authsession=s1; Path=/"})
	}
	switch {
	case r.status < 300:
		r.fields = append(r.fields, field{"X-Auth-User", "alice"}, field{"X-Auth-Groups", "admins"})
	case r.status < 400:
		r.fields = append(r.fields, field{"Location", "https://login.test/from-auth"})
	case r.status == 401:
		r.fields = append(r.fields, field{"WWW-Authenticate", `Bearer realm="auth service"`})
	}
	r.fields = append(r.fields, asked(control, "X-Echo-Auth-Set-Header")...)
	return r
}

// errorReply answers with the status and the type that the controller asks for.
func errorReply(s server, saw Sighting) reply {
	r := reply{status: 200, body: view(s.name, saw)}
	if n, ok := number(first(saw.Headers, "X-Code")); ok && n >= 200 && n <= 599 {
		r.status = n
	}
	kind := first(saw.Headers, "X-Format")
	if kind == "" || strings.Contains(kind, "*") {
		kind = "application/json"
	}
	r.fields = []field{{"Content-Type", kind}}
	return r
}

// ruling reads a header that is a value for every server, or "server=value,…".
func ruling(control map[string][]string, name, server string, everybody bool) string {
	for _, part := range strings.Split(first(control, name), ",") {
		who, value, named := strings.Cut(strings.TrimSpace(part), "=")
		if named && who == server {
			return value
		}
		if !named && everybody {
			return who
		}
	}
	return ""
}

func asked(control map[string][]string, name string) []field {
	var out []field
	for have, values := range control {
		if !strings.EqualFold(have, name) {
			continue
		}
		for _, v := range values {
			header, value, _ := strings.Cut(v, ":")
			out = append(out, field{header, strings.TrimSpace(value)})
		}
	}
	return out
}

func first(headers map[string][]string, name string) string {
	for have, values := range headers {
		if strings.EqualFold(have, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func lastNumber(path, before string) (int, bool) {
	i := strings.LastIndex(path, before)
	if i < 0 {
		return 0, false
	}
	return number(path[i+len(before):])
}

// view is the body of an answer: who answered, and what was asked.
func view(name string, saw Sighting) []byte {
	body, err := json.Marshal(map[string]any{"echo": name, "method": saw.Method, "uri": saw.URI, "host": saw.Host, "headers": saw.Headers})
	if err != nil {
		return []byte(`{"echo":"` + name + `"}`)
	}
	return body
}

// echoOf names the server that wrote body, if it is a view.
func echoOf(body []byte) string {
	var v struct {
		Echo string `json:"echo"`
	}
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	return v.Echo
}

func filler(n int) []byte {
	const pattern = "0123456789abcdef"
	return []byte(strings.Repeat(pattern, n/len(pattern)+1)[:n])
}
