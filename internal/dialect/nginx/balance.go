package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	loadBalance = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "load-balance", Values: "round_robin or ewma", Default: "round_robin", Scope: dialect.Both,
			Doc:     "How requests are spread over endpoints. A session and upstream-hash-by come first.",
			Support: dialect.Partial,
			Instead: "ewma is the endpoint with the fewest requests under way, not the one that answered fastest. chash, chashsubset, sticky_balanced and sticky_persistent are round_robin: upstream-hash-by and affinity ask for them.",
		},
		Parse:   dialect.OneOf("round_robin", "ewma", "chash", "chashsubset", "sticky_balanced", "sticky_persistent"),
		Differs: func(word string) bool { return word != "round_robin" },
	}
	hashBy = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "upstream-hash-by", Values: "letters, digits, - and _, and nginx variables", Scope: dialect.Both, Risk: dialect.RiskHigh,
			Doc:     "Requests with the same value go to the same endpoint; when endpoints come or go, few values move.",
			Support: dialect.Partial,
			Instead: "The endpoint of a value is another one than in ingress-nginx: caches fill anew when the controller changes.",
		},
		Parse: parseHash,
	}
	hashSubset = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "upstream-hash-by-subset", Values: "true or false", Default: "false", Scope: dialect.Both,
			Doc:     "A value has several endpoints, and each of its requests goes to one of them by chance. Without a value, this key and that of the size drop upstream-hash-by.",
			Support: dialect.Partial,
			Instead: "A value has up to upstream-hash-by-subset-size endpoints: two of its places may be the same endpoint.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
	hashSubsetSize = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "upstream-hash-by-subset-size", Values: "a number", Default: "3", Scope: dialect.Both,
			Doc: "How many endpoints a value has, with upstream-hash-by-subset.",
		},
		Parse: parseSubsetSize,
	}
)

var balance = &dialect.Feature{
	Name: "balance", Title: "Spreading requests",
	Doc:  "Counted by each replica for each Ingress. Each Ingress has its own way; in ingress-nginx the oldest with the same port of a Service decides for all.",
	Keys: []dialect.Spec{loadBalance, hashBy, hashSubset, hashSubsetSize},
	Global: func(p *dialect.Pass, g *model.Global) {
		word, _ := loadBalance.Get(p)
		g.LeastConn = word == "ewma"
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if r.Policy.Session == nil {
			r.Policy.Balance = ReadBalance(p, r)
		}
	},
}

// ReadBalance is nil where the Ingress does not ask for anything.
func ReadBalance(p *dialect.Pass, r *model.Route) *model.Balance {
	out := &model.Balance{}
	word, own := loadBalance.Own(p)
	out.LeastConn = word == "ewma"
	text, hashed := hashBy.Get(p)
	if !hashed || blankSubset(p) {
		if !own {
			return nil
		}
		return out
	}
	out.Hash, _ = parseTemplate(text, routeNames(r)) // checked by the key
	if on, _ := hashSubset.Get(p); on {
		out.Subset = 3
		if n, ok := hashSubsetSize.Get(p); ok {
			out.Subset = n
		}
	}
	return out
}

// blankSubset: a key of the subset without a value takes the hashing with it, as in ingress-nginx.
func blankSubset(p *dialect.Pass) bool {
	for _, key := range []dialect.Spec{hashSubset, hashSubsetSize} {
		if p.Blank(key) {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(hashBy.Key),
				Message:    fmt.Sprintf("Requests are not spread by a value, as in ingress-nginx: %s is there and empty.", key.Describe().Key),
				Suggestion: "the annotation with a value, or none",
			})
			return true
		}
	}
	return false
}

func parseHash(s string) (string, error) {
	text := strings.ReplaceAll(s, " ", "")
	if !regexp.MustCompile(`^[A-Za-z0-9\-_${}]*$`).MatchString(text) {
		return "", fmt.Errorf("%q has other characters than letters, digits and - _ $ { }", s)
	}
	_, err := parseTemplate(text, routeNames(&model.Route{}))
	return text, err
}

func parseSubsetSize(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	if n < 1 || n > 1000 {
		return 0, fmt.Errorf("%d is not between 1 and 1000", n)
	}
	return n, nil
}
