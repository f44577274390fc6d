package nginx

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	nextUpstream = &dialect.Key[model.Retry]{
		Description: dialect.Description{
			Key: "proxy-next-upstream", Default: "error timeout", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Values: "a list of error, timeout, invalid_header, http_403, http_404, http_429, http_500, http_502, http_503, http_504, non_idempotent; or off",
			Doc:    "When a request is sent again, to another endpoint if there is one.",
		},
		Parse: parseNextUpstream,
	}
	nextTries = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "proxy-next-upstream-tries", Values: "a number; 0 means as many as there may be", Default: "3", Scope: dialect.Both,
			Doc:     "How often a request is sent at most, the first time included.",
			Support: dialect.Partial,
			Instead: "0 means 10 tries here; ingress-nginx goes on without end.",
		},
		Parse:   parseTries,
		Differs: func(n int) bool { return n == endlessTries },
	}
	nextTimeout = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "proxy-next-upstream-timeout", Values: "a number of seconds; 0 means no limit", Default: "0", Scope: dialect.Both,
			Doc:     "How long a request may be sent again.",
			Support: dialect.Partial,
			Instead: "HAProxy bounds tries by their number and by the time of each: it is not looked at, proxy-next-upstream-tries is.",
		},
		Parse:   dialect.ParseSeconds,
		Differs: func(d time.Duration) bool { return d > 0 },
	}
)

var retryAny = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "retry-non-idempotent", Values: "true or false", Default: "false", Scope: dialect.Setting,
		Doc: "Send requests again whose method changes something, as with non_idempotent, on every route.",
	},
	Parse: dialect.ParseBool,
}

var retries = &dialect.Feature{
	Name: "retries", Title: "Sending a request again",
	Doc: "A request is kept while it fits into the buffer, so that it can be sent again. One whose method changes something (POST, PATCH, LOCK) is " +
		"sent once unless non_idempotent is asked for. Between two tries at the same endpoint HAProxy waits a second.",
	Keys: []dialect.Spec{nextUpstream, nextTries, nextTimeout, retryAny},
	Global: func(p *dialect.Pass, g *model.Global) {
		g.Retry = readRetry(p, nextUpstream.Get, nextTries.Get)
		nextTimeout.Get(p)
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		_, own := nextUpstream.Own(p)
		_, ownTries := nextTries.Own(p)
		nextTimeout.Own(p)
		if own || ownTries {
			retry := readRetry(p, nextUpstream.Get, nextTries.Get)
			r.Policy.Retry = &retry
		}
	},
}

func readRetry(p *dialect.Pass, conditions func(*dialect.Pass) (model.Retry, bool), tries func(*dialect.Pass) (int, bool)) model.Retry {
	retry, ok := conditions(p)
	if !ok {
		retry = model.Retry{On: []model.RetryCause{model.RetryError, model.RetryTimeout}}
	}
	if always, _ := retryAny.Setting(p); always && len(retry.On) > 0 {
		retry.AnyMethod = true
	}
	retry.Tries = 3
	if n, ok := tries(p); ok {
		retry.Tries = n
	}
	return retry
}

const endlessTries = 10

func parseTries(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	switch {
	case err != nil:
		return 0, err
	case n < 0 || n > 100:
		return 0, fmt.Errorf("%d tries is out of range", n)
	case n == 0:
		return endlessTries, nil
	}
	return n, nil
}

func parseNextUpstream(s string) (model.Retry, error) {
	var out model.Retry
	for word := range strings.FieldsSeq(s) {
		switch word {
		case "off":
			return model.Retry{}, nil
		case "non_idempotent":
			out.AnyMethod = true
		default:
			cause := model.RetryCause(strings.TrimPrefix(word, "http_"))
			if !slices.Contains(model.RetryCauses(), cause) {
				return model.Retry{}, fmt.Errorf("%q is no condition for another try", word)
			}
			if !slices.Contains(out.On, cause) {
				out.On = append(out.On, cause)
			}
		}
	}
	slices.Sort(out.On)
	return out, nil
}
