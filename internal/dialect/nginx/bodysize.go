package nginx

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var proxyBodySize = &dialect.Key[int64]{
	Description: dialect.Description{
		Key: "proxy-body-size", Values: "a size such as 8m; 0 for no limit", Default: "1m", Scope: dialect.Both, Risk: dialect.RiskMedium,
		Doc:     "The largest body of a request; a larger one gets 413, before anything else is asked.",
		Support: dialect.Partial,
		Instead: "A body without Content-Length is counted while it is sent on, so the server sees its beginning before the client gets 413; " +
			"where nobody sets the key, only as much of it as is there when the header is read.",
	},
	Parse:   parseSize,
	Differs: func(n int64) bool { return n > 0 },
}

// defaultBodySize is that of nginx.
const defaultBodySize = 1 << 20

var bodySize = &dialect.Feature{
	Name: "body-size", Title: "Size of a request's body",
	Doc: "Checked against Content-Length, on every route: without the annotation the limit is 1 MiB. Counting a body without a length costs " +
		"the requests of a route up to 8 µs of processor time, so it is done where the annotation or the setting asks for a limit.",
	Keys: []dialect.Spec{proxyBodySize},
	Global: func(p *dialect.Pass, g *model.Global) {
		g.MaxBody = defaultBodySize
		if n, ok := proxyBodySize.Get(p); ok {
			g.MaxBody, g.CountBodies = n, n > 0
		}
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if n, ok := proxyBodySize.Own(p); ok {
			r.Policy.MaxBody = &n
		} else if p.Set(proxyBodySize) { // who wrote something wants a limit: the usual one
			n, ok := proxyBodySize.Get(p)
			if !ok {
				n = defaultBodySize
			}
			r.Policy.MaxBody = &n
		}
	},
}

var sizeForm = regexp.MustCompile(`^(?i)(\d+)([kmg]?)$`)

// parseSize reads a size of nginx: bytes, or with k, m, g multiples of 1024. ingress-nginx lets a b pass and then leaves
// the default in force (observed with v1.15).
func parseSize(s string) (int64, error) {
	m := sizeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is no size such as 8m", s)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]int64{"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[strings.ToLower(m[2])]
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is larger than anything", s)
	}
	return n * unit, nil
}
