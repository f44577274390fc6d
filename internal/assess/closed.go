package assess

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// routes counts those of one Ingress.
type routes struct {
	all, closed int
	told        map[string]bool // reasons that the Ingress was told
}

// closures counts routes, and tells an Ingress what closes it though it is no mistake of its own: the settings, or another
// Ingress of its host.
func (a *assessment) closures() {
	a.routes = map[name]*routes{}
	for _, h := range a.model.Hosts {
		denied := h.ClientCert != nil && h.ClientCert.Verify == model.VerifyDeny
		for _, r := range h.Routes {
			if _, slash := r.Action.(model.SlashRedirect); slash || r.Ingress.Kind != "Ingress" {
				continue
			}
			n := name{r.Ingress.Namespace, r.Ingress.Name}
			if a.routes[n] == nil {
				a.routes[n] = &routes{told: map[string]bool{}}
			}
			count := a.routes[n]
			count.all++
			withhold, closed := r.Action.(model.Withhold)
			switch {
			case denied:
				count.closed++
				a.tell(n, r.Ingress, h.ClientCert.Origin, fmt.Sprintf("Host %s is closed with 403: %s.", hostWord(string(h.Name)), h.ClientCert.Reason))
			case closed:
				count.closed++
				a.tell(n, r.Ingress, a.settingsRef(), fmt.Sprintf("Its routes are closed with %d: %s.", withhold.Status, withhold.Reason))
			}
		}
	}
}

// tell adds a finding, unless the Ingress has one of its own that says why it is withheld.
func (a *assessment) tell(n name, ingress, from issue.Ref, message string) {
	count := a.routes[n]
	if count.told[message] || from.Same(ingress) {
		return
	}
	count.told[message] = true
	cause := Finding{Code: issue.Conflict, Severity: issue.Error, Guard: true}
	for _, f := range a.about(from) {
		if f.Outcome == Withheld {
			cause = f
			break
		}
	}
	for _, own := range a.found[n] {
		if own.Outcome == Withheld && own.Object.Same(ingress) && from == a.settingsRef() {
			return
		}
	}
	cause.Outcome, cause.Object, cause.Message, cause.Guard = Withheld, from, message, true
	a.found[n] = append(a.found[n], cause)
}

// about are the findings of an object.
func (a *assessment) about(o issue.Ref) []Finding {
	if o.Kind == "Ingress" {
		return a.found[name{o.Namespace, o.Name}]
	}
	return a.report.Controller.Findings
}

func (a *assessment) settingsRef() issue.Ref {
	n := a.snapshot.Settings.ConfigMap
	return a.snapshot.Ref("ConfigMap", n.Namespace, n.Name)
}

// hostWord is a host as a reader knows it.
func hostWord(h string) string {
	if h == "" {
		return "*"
	}
	return h
}
