package nginx

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

const reloadedRates = "A reload of HAProxy starts each client with a new burst; nginx keeps its counts."

var (
	limitRPS = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-rps", Values: "a number of requests; 0 for no limit", Default: "0", Guard: true,
			Doc:     "Requests that a client may send per second. A burst of `limit-burst-multiplier` times as many, and one, passes at once; what is above is refused, not delayed.",
			Support: dialect.Partial,
			Instead: reloadedRates,
		},
		Parse: parseCount,
	}
	limitRPM = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-rpm", Values: "a number of requests; 0 for no limit", Default: "0", Guard: true,
			Doc:     "The same per minute. With both, each of them holds.",
			Support: dialect.Partial,
			Instead: reloadedRates,
		},
		Parse: parseCount,
	}
	limitConnections = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-connections", Values: "a number of requests; 0 for no limit", Default: "0", Guard: true,
			Doc:     "Requests of a client that may be under way at the same time; a connection that does nothing does not count.",
			Support: dialect.Partial,
			Instead: "Requests that an earlier HAProxy process still serves after a reload are not counted.",
		},
		Parse: parseCount,
	}
	limitBurst = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-burst-multiplier", Values: "a number", Default: "5",
			Doc: "How many times the rate may come at once.",
		},
		Parse: dialect.ParseInt,
	}
	limitAllowlist = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "limit-allowlist", Values: networkList, Aliases: []string{"limit-whitelist"}, Guard: true,
			Doc: "Clients that are not limited.",
		},
		Parse: dialect.ParseNetworks,
	}
	limitReqStatus = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-req-status-code", Values: "400 to 599", Default: "503", Scope: dialect.Setting,
			Doc: "Status of a request above limit-rps or limit-rpm.",
		},
		Parse: parseErrorStatus,
	}
	limitConnStatus = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-conn-status-code", Values: "400 to 599", Default: "503", Scope: dialect.Setting,
			Doc: "Status of a request above limit-connections.",
		},
		Parse: parseErrorStatus,
	}
	limitKey = &dialect.Key[model.Template]{
		Description: dialect.Description{
			Key: "limit-conn-zone-variable", Values: "an nginx variable", Default: "$binary_remote_addr", Scope: dialect.Setting, Guard: true,
			Doc: "What tells clients apart for all limits. A request for which it is empty is not limited.",
		},
		Parse: parseLimitKey,
	}
)

var limit = &dialect.Feature{
	Name: "limit", Title: "Limits for each client",
	Doc: "Counted by each replica for each client and Ingress, all its paths together. What is redirected to HTTPS is not counted, what is " +
		"refused neither. The answer is 503. A limit that can't be read closes the routes of its Ingress.",
	Keys: []dialect.Spec{limitRPS, limitRPM, limitConnections, limitBurst, limitAllowlist, limitReqStatus, limitConnStatus, limitKey},
	Global: func(p *dialect.Pass, g *model.Global) {
		g.Limit.RateStatus, _ = limitReqStatus.Get(p)
		g.Limit.ConnectionStatus, _ = limitConnStatus.Get(p)
		g.Limit.Key, _ = limitKey.Get(p)
	},
	Route: limitRoute,
}

func limitRoute(p *dialect.Pass, r *model.Route) {
	multiplier := 5
	if n, ok := limitBurst.Get(p); ok && n > 0 {
		multiplier = min(n, math.MaxInt32)
	}
	var l model.Limit
	rate := func(k *dialect.Key[int], per time.Duration) {
		if n, ok := k.Get(p); ok && n > 0 {
			l.Rates = append(l.Rates, model.Rate{Count: n, Per: per, Burst: min(n*multiplier, math.MaxInt32)})
		}
	}
	rate(limitRPS, time.Second)
	rate(limitRPM, time.Minute)
	if n, ok := limitConnections.Get(p); ok {
		l.Connections = n
	}
	exempt, _ := limitAllowlist.Get(p)
	if len(l.Rates) > 0 || l.Connections > 0 {
		l.Exempt = exempt
		r.Policy.Limit = &l
	}
}

// parseCount takes what is below 0 for 0, as ingress-nginx does.
func parseCount(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt32 {
		return 0, errors.New("the number is out of range")
	}
	return max(n, 0), nil
}

func parseErrorStatus(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	if n < 400 || n > 599 {
		return 0, fmt.Errorf("%d is not between 400 and 599", n)
	}
	return n, nil
}

// parseLimitKey returns nil for the address of the client, which has several names.
func parseLimitKey(s string) (model.Template, error) {
	s = strings.NewReplacer("$binary_remote_addr", "$remote_addr", "$the_real_ip", "$remote_addr", "$proxy_protocol_addr", "$remote_addr").Replace(s)
	if s == "$remote_addr" {
		return nil, nil
	}
	t, err := parseTemplate(s, nil)
	if err != nil {
		return nil, err
	}
	if _, constant := t.Constant(); constant {
		return nil, errors.New("it has no variable, so that all clients would be one")
	}
	return t, nil
}
