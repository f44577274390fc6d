package takeover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Severity is what a finding means for a takeover.
type Severity string

const (
	Blocking Severity = "blocking" // requests, addresses or writes would be lost
	Warning  Severity = "warning"  // something bites under a circumstance that objects don't tell
	Note     Severity = "note"     // the takeover takes care of it, or it is good to know
)

// Finding is something that bites in a takeover.
type Finding struct {
	Code     string    `json:"code"`
	Severity Severity  `json:"severity"`
	Object   issue.Ref `json:"object"`
	Why      string    `json:"why"`
	Do       []string  `json:"do"` // commands, or what to decide
}

func rank(s Severity) int { return slices.Index([]Severity{Blocking, Warning, Note}, s) }

// Findings are what bites, the worst first.
func (s *Scene) Findings() []Finding {
	var out []Finding
	for _, look := range []func() []Finding{
		s.findReady, s.findArguments, s.findClaims, s.findFlags, s.findSettings, s.findShadow,
		s.findClasses, s.findHelm, s.findWebhooks, s.findService, s.findHostPorts, s.findPolicies,
		s.findDNS, s.findCertManager, s.findBudgets, s.findLease, s.findRollout, s.findOwners,
	} {
		out = append(out, look()...)
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), strings.Compare(a.Code, b.Code), strings.Compare(a.Object.String(), b.Object.String()))
	})
	return out
}

// Blocking are the findings that keep a takeover from beginning.
func (s *Scene) Blocking(accepted []string) []Finding {
	return slices.DeleteFunc(s.Findings(), func(f Finding) bool { return f.Severity != Blocking || slices.Contains(accepted, f.Code) })
}

func finding(severity Severity, code string, object issue.Ref, do []string, why string, args ...any) Finding {
	if do == nil {
		do = []string{}
	}
	return Finding{code, severity, object, fmt.Sprintf(why, args...), do}
}

func serviceRef(namespace, name string) issue.Ref {
	return issue.Ref{Kind: "Service", Namespace: namespace, Name: name}
}

func (s *Scene) findReady() []Finding {
	n := &s.New
	watch := []string{"kubectl -n " + n.Namespace + " rollout status " + strings.ToLower(n.Kind) + "/" + n.Name}
	switch {
	case n.Ready == 0:
		return []Finding{finding(Blocking, "hawser/not-ready", n.Ref(), watch, "No pod of Hawser is ready, so nobody would serve.")}
	case !n.Settled() && s.State.begun(stepWrites):
		return nil // this rollout is the takeover's own, which waits for it
	case !n.Settled():
		return []Finding{finding(Blocking, "hawser/not-ready", n.Ref(), watch, "%d of %d pods of Hawser are ready and up to date; the rest would take no traffic.", min(n.Ready, n.Updated), n.Wanted)}
	case n.Wanted < s.Old.Wanted || n.Wanted == 1:
		do := []string{"kubectl -n " + n.Namespace + " scale deployment/" + n.Name + " --replicas=" + fmt.Sprint(max(2, s.Old.Wanted))}
		if n.Kind == "DaemonSet" {
			do = nil
		}
		return []Finding{finding(Warning, "hawser/few-pods", n.Ref(), do, "Hawser has %d pods, ingress-nginx %d: the same load meets fewer, and a single one is missed while it moves.", n.Wanted, s.Old.Wanted)}
	}
	return nil
}

// findArguments is about containers whose arguments come from the image: adding one would drop the others.
func (s *Scene) findArguments() []Finding {
	var out []Finding
	for _, side := range []*Side{&s.Old, &s.New} {
		if c := side.Template.Spec.Containers[side.Container]; len(c.Command) == 0 && len(c.Args) == 0 {
			out = append(out, finding(Blocking, "workload/no-arguments", side.Ref(), nil,
				"The container %s has no args: those of its image would be lost when a flag is added. Write them into the pod template first.", c.Name))
		}
	}
	return out
}

func (s *Scene) findClaims() []Finding {
	lost, more := 0, 0
	var first, extra string
	old, now := s.oldClaim(), s.newClaim()
	for n := range s.Ingresses {
		i := &s.Ingresses[n]
		a, b := old.takes(i, s.Classes), now.takes(i, s.Classes)
		if a && !b {
			lost++
			first = cmp.Or(first, i.Namespace+"/"+i.Name)
		}
		if b && !a {
			more++
			extra = cmp.Or(extra, i.Namespace+"/"+i.Name)
		}
	}
	var out []Finding
	if lost > 0 {
		out = append(out, finding(Blocking, "ingress/not-served", s.New.Ref(), []string{
			"give Hawser the flags of ingress-nginx: --controller-class=" + old.controller + " --ingress-class=" + old.className +
				fmt.Sprintf(" --watch-ingress-without-class=%v --ingress-class-by-name=%v", old.withoutClass, old.byName)},
			"ingress-nginx serves %d Ingresses that Hawser does not, the first is %s: their class, their namespace, or that they have no class.", lost, first))
	}
	if more > 0 {
		out = append(out, finding(Warning, "ingress/served-too", s.New.Ref(), nil,
			"Hawser serves %d Ingresses that ingress-nginx does not, the first is %s: with the same host they would answer for one another.", more, extra))
	}
	return out
}

// findFlags compares the flags that decide about what is served.
func (s *Scene) findFlags() []Finding {
	var out []Finding
	for _, name := range []string{
		"annotations-prefix", "default-backend-service", "default-ssl-certificate", "disable-catch-all", "disable-svc-external-name",
		"watch-namespace-selector",
	} {
		was, old := flag(s.Old.Words, name, formOfKnown(name))
		now, _ := flag(s.New.Words, name, formOfKnown(name))
		if old && was != now && !(now == "" && was == "false") {
			out = append(out, finding(Warning, "flag/differs", s.New.Ref(), []string{"give Hawser --" + name + "=" + quote(was)},
				"ingress-nginx has --%s=%s, Hawser has %s.", name, was, cmp.Or(now, "none")))
		}
	}
	if name, given := flag(s.Old.Words, "tcp-services-configmap", valued); given && len(s.ConfigMaps[name]) > 0 {
		if now, _ := flag(s.New.Words, "tcp-services-configmap", valued); now != name && !covers(s.ConfigMaps[now], s.ConfigMaps[name]) {
			out = append(out, finding(Blocking, "flag/tcp-services", s.New.Ref(), []string{"give Hawser --tcp-services-configmap=" + name},
				"ingress-nginx forwards TCP ports of ConfigMap %s, Hawser does not.", name))
		}
	}
	if name, given := flag(s.Old.Words, "udp-services-configmap", valued); given && len(s.ConfigMaps[name]) > 0 {
		out = append(out, finding(Blocking, "flag/udp-services", s.Old.Ref(), []string{"expose these ports by a Service of their own, then --accept flag/udp-services"},
			"ingress-nginx forwards UDP ports of ConfigMap %s. HAProxy forwards no UDP.", name))
	}
	return out
}

func formOfKnown(name string) form {
	return form(!strings.HasPrefix(name, "disable-"))
}

// covers reports whether a has all of b.
func covers(a, b map[string]string) bool {
	for key, value := range b {
		if a[key] != value {
			return false
		}
	}
	return true
}

func (s *Scene) findSettings() []Finding {
	was, _ := flag(s.Old.Words, "configmap", valued)
	now, _ := flag(s.New.Words, "configmap", valued)
	if was == now || was == "" {
		return nil
	}
	var missing []string
	for _, key := range sorted(s.ConfigMaps[was]) {
		if s.ConfigMaps[now][key] != s.ConfigMaps[was][key] {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	namespace, name, _ := strings.Cut(was, "/")
	return []Finding{finding(Warning, "configmap/differs", issue.Ref{Kind: "ConfigMap", Namespace: namespace, Name: name},
		[]string{"put them into controller.config of Hawser's chart, or give Hawser --configmap=" + was},
		"Settings of ingress-nginx are not those of Hawser (%s): %s.", cmp.Or(now, "it has no ConfigMap"), strings.Join(missing, ", "))}
}

// findShadow is about a Hawser that meddles already. After the takeover began, it is meant to.
func (s *Scene) findShadow() []Finding {
	if s.State.has(stepWrites) || s.State.has(stepTraffic) {
		return nil
	}
	return s.Meddles(Warning)
}

// Meddles tells what Hawser would write or decide beside ingress-nginx.
func (s *Scene) Meddles(severity Severity) []Finding {
	var out []Finding
	n := &s.New
	if old := s.Old.Service; old != nil && old.Namespace == n.Namespace && selects(old.Spec.Selector, n.Template.Labels) {
		out = append(out, finding(Blocking, "shadow/traffic", serviceRef(old.Namespace, old.Name), []string{"give the pods of Hawser labels that the Service does not select"},
			"The Service of ingress-nginx selects Hawser's pods, too: clients are served by both."))
	}
	if !on(n.Words, "shadow", false) {
		if on(n.Words, "update-status", true) {
			out = append(out, finding(severity, "shadow/status", n.Ref(), []string{"helm upgrade: controller.updateStatus=false, controller.extraArgs.shadow=true"},
				"Hawser writes the status of Ingresses beside ingress-nginx; two that differ write over each other."))
		} else {
			still := Note // as a takeover sees it; a trial is to leave no trace
			if severity == Blocking {
				still = Blocking
			}
			out = append(out, finding(still, "shadow/events", n.Ref(), []string{"helm upgrade: controller.extraArgs.shadow=true"},
				"Hawser writes Events and a Lease; --shadow writes nothing."))
		}
	}
	for i := range s.Webhooks {
		for _, hook := range s.Webhooks[i].Webhooks {
			to := hook.ClientConfig.Service
			if to == nil || to.Namespace != n.Namespace {
				continue
			}
			if service := s.service(to.Namespace + "/" + to.Name); service != nil && selects(service.Spec.Selector, n.Template.Labels) {
				out = append(out, finding(severity, "shadow/webhook", issue.Ref{Kind: "ValidatingWebhookConfiguration", Name: s.Webhooks[i].Name},
					[]string{"helm upgrade: controller.admissionWebhooks.enabled=false"}, "Hawser's webhook decides about Ingresses that are written."))
				break
			}
		}
	}
	return out
}
