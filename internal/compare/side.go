// Package compare sends the same requests to two controllers and says where their answers differ.
//
// It changes nothing by itself: what is sent is the plan that it gets, to the two addresses that it gets, and nowhere
// else. No certificate is trusted or refused; certificates are compared. The same answers give the same report.
package compare

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Side is one of the two controllers.
type Side struct {
	Name  string `json:"name"`            // left or right
	HTTP  string `json:"http,omitempty"`  // host:port; "": it is not asked on plain HTTP
	HTTPS string `json:"https,omitempty"` // host:port; "": it is not asked on HTTPS
}

// ParseSide reads the addresses of one side: one for http, one for https, or both.
func ParseSide(name string, addresses []string) (Side, error) {
	s := Side{Name: name}
	for _, text := range addresses {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return s, fmt.Errorf("--%s %s is no address such as https://192.0.2.1:443", name, text)
		}
		slot, port := &s.HTTPS, "443"
		switch u.Scheme {
		case "https":
		case "http":
			slot, port = &s.HTTP, "80"
		default:
			return s, fmt.Errorf("--%s %s begins neither with http:// nor with https://", name, text)
		}
		if *slot != "" {
			return s, fmt.Errorf("--%s has two addresses for %s", name, u.Scheme)
		}
		if u.Port() != "" {
			port = u.Port()
		}
		*slot = net.JoinHostPort(u.Hostname(), port)
	}
	return s, nil
}

func (s Side) address(secure bool) string {
	if secure {
		return s.HTTPS
	}
	return s.HTTP
}

// port is that of an address.
func (s Side) port(secure bool) string {
	_, port, err := net.SplitHostPort(s.address(secure))
	if err != nil {
		return ""
	}
	return port
}

// String gives the addresses.
func (s Side) String() string {
	var out []string
	if s.HTTPS != "" {
		out = append(out, "https://"+s.HTTPS)
	}
	if s.HTTP != "" {
		out = append(out, "http://"+s.HTTP)
	}
	return strings.Join(out, " ")
}
