package nginx

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	riskLevel = &dialect.Key[dialect.Risk]{
		Description: dialect.Description{
			Key: "annotations-risk-level", Values: strings.Join(riskWords(), ", "), Default: "High", Scope: dialect.Setting,
			Doc:     "An Ingress with an annotation of a higher risk is closed. Any other word is Low.",
			Support: dialect.Partial, Instead: notAbsent,
		},
		Parse:   parseRisk,
		Differs: func(dialect.Risk) bool { return false },
	}
	wordBlocklist = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "annotation-value-word-blocklist", Values: "words, separated by commas", Scope: dialect.Setting,
			Doc:     "An Ingress with an annotation that has one of the words anywhere in its value is closed.",
			Support: dialect.Partial, Instead: notAbsent,
		},
		Parse:   parseList,
		Differs: func([]string) bool { return false },
	}
)

const notAbsent = "ingress-nginx acts as if there were no such Ingress (or keeps its last version), so that another may serve its paths; here they are answered with 503. " +
	"What its annotations protect stays protected."

var limits = &dialect.Feature{
	Name: "limits", Title: "What annotations may be",
	Doc:  "Checked before anything else of an Ingress is read, by the webhook, too.",
	Keys: []dialect.Spec{riskLevel, wordBlocklist},
	Admit: func(p *dialect.Pass, r *dialect.Registry) {
		words, _ := wordBlocklist.Get(p)
		r.Admit(p, dialect.Limits{Risk: riskInForce(p), Words: words})
	},
	Global: func(p *dialect.Pass, _ *model.Global) {
		if risk, ok := riskLevel.Get(p); ok && risk == dialect.RiskLow && p.Word(riskLevel) != risk.String() {
			p.Report(issue.Issue{
				Code: issue.BadSetting, Severity: issue.Error, Effect: issue.Withheld, Field: riskLevel.Key,
				Message:    "It is none of " + strings.Join(riskWords(), ", ") + ", which is taken for Low: every Ingress with an annotation above is closed.",
				Suggestion: riskLevel.Key + ": High",
			})
		}
	},
}

func riskInForce(p *dialect.Pass) dialect.Risk {
	if risk, ok := riskLevel.Get(p); ok {
		return risk
	}
	return dialect.RiskHigh
}

func riskWords() []string {
	var out []string
	for risk := dialect.RiskLow; risk <= dialect.RiskCritical; risk++ {
		out = append(out, risk.String())
	}
	return out
}

func parseRisk(s string) (dialect.Risk, error) {
	return dialect.Risk(max(0, slices.Index(riskWords(), s))), nil
}
