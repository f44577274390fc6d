package metrics

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/render"
)

// counter reads the part of a line that render.Measured puts in front.
type counter struct {
	out     io.Writer
	metrics *Metrics
}

// Write gets whole lines. One that is not a request's is passed on as it is.
func (c *counter) Write(lines []byte) (int, error) {
	var rest bytes.Buffer
	for line := range bytes.Lines(lines) {
		measured, people, ok := bytes.Cut(line, []byte(render.MeasuredEnd))
		if !ok {
			rest.Write(line)
			continue
		}
		if r, ok := parseRequest(string(measured)); ok {
			r.namespace, r.ingress, r.service = c.metrics.split(r.owner)
			c.metrics.compat.observeRequest(r)
		}
		if len(bytes.TrimSpace(people)) > 0 && !bytes.HasSuffix(measured, []byte(" 1")) {
			rest.Write(people)
		}
	}
	if rest.Len() == 0 {
		return len(lines), nil
	}
	if _, err := c.out.Write(rest.Bytes()); err != nil {
		return 0, err
	}
	return len(lines), nil
}

// split takes an owner apart; "" for a request that no route served.
func (m *Metrics) split(owner string) (namespace, ingress, service string) {
	if labels, ok := routeLabels(owner); ok {
		return labels[0], labels[1], labels[2]
	}
	return "", "", ""
}

// request is what a line says.
type request struct {
	owner, host, method            string
	namespace, ingress, service    string
	status, bytesOut, bytesIn      int
	total, answer, header, connect int // milliseconds; -1: not reached
}

// parseRequest reads "owner host method status out in total header connect state quiet", each without blanks.
func parseRequest(s string) (request, bool) {
	fields := strings.Fields(s)
	if len(fields) != 11 {
		return request{}, false
	}
	r := request{owner: fields[0], host: fields[1], method: fields[2]}
	for i, into := range []*int{&r.status, &r.bytesOut, &r.bytesIn, &r.total, &r.header, &r.connect} {
		n, err := strconv.Atoi(strings.TrimPrefix(fields[3+i], "+"))
		if err != nil {
			return request{}, false
		}
		*into = n
	}
	if r.status == 503 && fields[9] == "SC" {
		r.status = 502 // what the client got: HAProxy logs a server that does not answer as 503
	}
	r.answer = -1
	if r.header >= 0 && r.total >= 0 {
		r.answer = r.total - max(r.connect, 0)
	}
	if r.host == "-" || r.host == "*" {
		r.host = "" // a name that no Ingress has would be a label of anybody's choice
	}
	if len(r.method) > 16 {
		r.method = "other"
	}
	return r, true
}
