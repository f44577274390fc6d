package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Limits are what the operator lets the annotations of an Ingress be.
type Limits struct {
	Risk  Risk     // the highest level
	Words []string // that no value may have
}

// Admit closes the routes of an Ingress whose annotations break the limits. Such an annotation is not read any more,
// so that it shapes no host that others share; one that protects still does.
func (r *Registry) Admit(p *Pass, l Limits) {
	own := maps.Clone(p.annotations)
	for _, full := range slices.Sorted(maps.Keys(p.annotations)) {
		name, ours := strings.CutPrefix(full, p.prefix)
		if !ours {
			continue
		}
		d, known := r.keys[name]
		reason := ""
		if known && d.Risk > l.Risk {
			reason = fmt.Sprintf("its risk is %s, and annotations-risk-level is %s", d.Risk, l.Risk)
		}
		for _, word := range l.Words {
			if strings.Contains(p.annotations[full], word) {
				reason = fmt.Sprintf("its value has %q, which annotation-value-word-blocklist forbids", word)
			}
		}
		if reason == "" {
			continue
		}
		p.Withhold(full + " is not admitted: " + reason)
		p.Report(issue.Issue{
			Code: issue.NotAdmitted, Severity: issue.Error, Effect: issue.Withheld, Field: full,
			Message: "The routes of the Ingress are closed: " + reason + ".",
		})
		if !d.Guard {
			delete(own, full)
		}
	}
	p.setAnnotations(own)
}
