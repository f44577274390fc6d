package parity

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hawser-ingress/hawser/test/rig"
)

// testCase is one connection, or two where the second resumes the session of
// the first, each with one request.
type testCase struct {
	group   string
	host    string // row of the host table
	client  *rig.Client
	dial    rig.Dialing
	request rig.Request
	resume  bool
}

func (c testCase) String() string {
	where := versionName(c.dial.Version)
	if c.dial.Plain {
		where = "plain HTTP"
	}
	protocol := "HTTP/1.1"
	if c.dial.H2 {
		protocol = "HTTP/2"
	}
	text := fmt.Sprintf("%s: client %s, %s, %s, sni %q, %s %s of %q", c.group, c.client.Name, where, protocol,
		c.dial.SNI, c.request.Method, c.request.Target, c.request.Host)
	if c.dial.Obey {
		text += ", obeys the CA names"
	}
	for _, h := range c.request.Header {
		text += fmt.Sprintf(", %s: %s", h[0], h[1])
	}
	return text
}

// key is the same for cases of different groups that do the same.
func (c testCase) key() string {
	c.group = ""
	return c.String()
}

// outcome is everything that is compared.
type outcome struct {
	failure   string // the connection or the request got no answer
	handshake string // whether a certificate was asked for, and with which names
	status    int
	location  string
	hsts      string
	seen      []seen
}

// seen is a request at the upstream.
type seen struct {
	service, method, target, host string
	header                        []string
}

func (o outcome) clone() outcome {
	o.seen = slices.Clone(o.seen)
	for i := range o.seen {
		o.seen[i].header = slices.Clone(o.seen[i].header)
	}
	return o
}

func (o outcome) short() string {
	if o.failure != "" {
		return "failure"
	}
	if len(o.seen) == 0 {
		return fmt.Sprint(o.status)
	}
	return fmt.Sprint(o.status, " reached")
}

func (o outcome) String() string {
	var b strings.Builder
	if o.failure != "" {
		fmt.Fprintf(&b, "no answer (%s)", o.failure)
	} else {
		fmt.Fprintf(&b, "%d location=%q hsts=%q", o.status, o.location, o.hsts)
	}
	fmt.Fprintf(&b, " [%s]", o.handshake)
	for _, s := range o.seen {
		fmt.Fprintf(&b, "\n          %s got %s %s of %s: %q", s.service, s.method, s.target, s.host, s.header)
	}
	return b.String()
}

// run sends the case to a proxy. The handshake counts in the first connection
// only: whether the second is resumed is the business of each proxy.
func (c testCase) run(proxy *rig.Proxy, token string) (outcomes []outcome, resumed int) {
	if c.resume {
		c.dial.Session = &rig.Session{}
	}
	first, _ := c.connect(proxy, token)
	outcomes = append(outcomes, first)
	if !c.resume {
		return outcomes, 0
	}
	second, wasResumed := c.connect(proxy, token)
	if second.failure == "" {
		second.handshake = "again"
	}
	if wasResumed {
		resumed = 1
	}
	return append(outcomes, second), resumed
}

func (c testCase) connect(proxy *rig.Proxy, token string) (outcome, bool) {
	dial := c.dial
	dial.Client = c.client
	conn, err := proxy.Dial(dial)
	if err != nil {
		return outcome{failure: refusal(rig.Reason(err))}, false
	}
	defer conn.Close()
	request := c.request
	request.Header = append(slices.Clone(request.Header), [2]string{"rig-token", token})
	answer := conn.Do(request)
	if answer.Failure != "" {
		return outcome{failure: refusal(answer.Failure)}, conn.Resumed
	}
	o := outcome{status: answer.Status, location: answer.Location, hsts: answer.HSTS, handshake: "no certificate asked for"}
	if conn.Requested {
		o.handshake = "certificate asked for, " + conn.Names
	}
	for _, s := range proxy.Upstream.Take(token) {
		o.seen = append(o.seen, seen{
			service: s.Service, method: s.Method, target: s.Target, host: strings.Join(s.Host, " AND "),
			header: c.normalise(s.Header, token, proxy),
		})
	}
	return o, conn.Resumed
}

// refusal makes one of an alert and of a closed connection: which of them a
// client reads first is a matter of timing. Silence is something else.
func refusal(reason string) string {
	if reason == "timeout" {
		return reason
	}
	return "refused"
}

// normalise takes out what must differ: the marker of the case, a request id
// that the proxy invented, and the numbers of its own ports.
func (c testCase) normalise(header []string, token string, proxy *rig.Proxy) []string {
	sentID := slices.ContainsFunc(c.request.Header, func(h [2]string) bool { return strings.EqualFold(h[0], "X-Request-ID") })
	_, port, _ := strings.Cut(proxy.HTTPAddr, ":")
	_, tlsPort, _ := strings.Cut(proxy.TLSAddr, ":")
	var out []string
	for _, field := range header {
		switch {
		case field == "rig-token: "+token:
		case !sentID && requestID().MatchString(field):
			out = append(out, "x-request-id: <32 hex digits>")
		case field == "x-forwarded-port: "+port:
			out = append(out, "x-forwarded-port: <http port>")
		case field == "x-forwarded-port: "+tlsPort:
			out = append(out, "x-forwarded-port: <https port>")
		default:
			out = append(out, field)
		}
	}
	return out
}

var requestID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^x-request-id: [0-9a-f]{32}$`) })
