package nginx

import (
	"math"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	limitRate = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-rate", Values: "kilobytes per second; 0 for no limit", Default: "0", Scope: dialect.Both,
			Doc:     "How fast a response is sent. As in ingress-nginx, it counts only with proxy-buffering: \"on\".",
			Support: dialect.Partial,
			Instead: "It needs HAProxy 2.7 or later. HAProxy 2.6 has no such limit and sends as fast as it can.",
		},
		Parse: parseCount,
	}
	limitRateAfter = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "limit-rate-after", Values: "kilobytes", Default: "0", Scope: dialect.Both,
			Doc:     "The beginning of a response that is sent as fast as possible.",
			Support: dialect.Partial,
			Instead: "A response of known length is sent evenly, so that it is complete when it would be with nginx; one of unknown length is limited from its beginning.",
		},
		Parse: parseCount,
	}
	// buffered is read here only for whether limit-rate counts; another feature judges its value.
	buffered = &dialect.Key[string]{
		Description: dialect.Description{Key: "proxy-buffering", Values: "on or off", Scope: dialect.Both},
		Parse:       func(s string) (string, error) { return s, nil },
	}
)

var bandwidth = &dialect.Feature{
	Name: "bandwidth", Title: "Speed of responses",
	Doc:  "Holds for each request by itself.",
	Keys: []dialect.Spec{limitRate, limitRateAfter},
	Route: func(p *dialect.Pass, r *model.Route) {
		rate, ok := limitRate.Get(p)
		if !ok || rate == 0 {
			return
		}
		if on, _ := buffered.Get(p); on != "on" {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(limitRate.Key),
				Message:    "Responses are not slowed down: as in ingress-nginx, the limit counts only with proxy-buffering.",
				Suggestion: p.Field(buffered.Key) + `: "on"`,
			})
			return
		}
		after, _ := limitRateAfter.Get(p)
		r.Policy.Bandwidth = &model.Bandwidth{Rate: kilobytes(rate), After: kilobytes(after)}
	},
}

// kilobytes stays within the 31 bits in which HAProxy holds a limit.
func kilobytes(n int) int64 { return min(int64(n)*1024, math.MaxInt32) }
