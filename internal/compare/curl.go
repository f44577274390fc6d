package compare

import (
	"fmt"
	"net"
	"strings"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// curl is a command that sends a request to one side. The certificate of the server is not checked, as here.
func curl(r probe.Request, s Side, o Options) string {
	host, port, err := net.SplitHostPort(s.address(r.Secure))
	if err != nil {
		return ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	args := []string{"curl", "-sS", "-i", "-g", "--http1.1", "--path-as-is"}
	if r.Secure {
		args = append(args, "-k")
	}
	switch r.Method {
	case "GET":
	case "HEAD":
		args[2] = "-I"
	default:
		args = append(args, "-X", r.Method)
	}
	if o.Proxy {
		args = append(args, "--haproxy-protocol")
	}
	if r.From != "" {
		args = append(args, "--haproxy-clientip", r.From)
	}
	args = append(args, "--connect-to", fmt.Sprintf("::%s:%s", host, port))
	url := r.URL()
	if r.Secure && r.SNI != r.Host {
		name := r.SNI
		if name == "" {
			name = host // no name is sent for an address
		}
		args = append(args, "-H", "Host: "+r.Host)
		url = "https://" + name + r.Target
	}
	for _, h := range r.Headers {
		args = append(args, "-H", h.Name+": "+h.Value)
	}
	for i, a := range args {
		args[i] = quote(a)
	}
	switch {
	case r.Client == probe.Self:
		args = append(args, "--cert", "self-signed.pem")
	case r.Client == probe.Given:
		args = append(args, "--cert", quote(o.CertFile))
	}
	if r.Body > 0 {
		if r.Method == "GET" {
			args = append(args, "-X", "GET")
		}
		args = append(args, "--data-binary", fmt.Sprintf("@<(head -c %d /dev/zero)", r.Body))
	}
	return strings.Join(append(args, quote(url)), " ")
}

// quote makes one word of a POSIX shell.
func quote(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:@%+=,", c)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
