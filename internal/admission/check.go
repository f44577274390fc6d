// Package admission answers the API server when an Ingress is written: what would be withheld is refused, everything
// else that is not served as written is a warning.
//
// An answer is compiled from the Ingress and those that share a host with it, never by asking HAProxy about the content
// of a request, so that its cost has a bound and nobody can make the data plane parse text that nobody accepted.
package admission

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Verdict is the answer about one Ingress.
type Verdict struct {
	Refused  []issue.Issue // why it must not be written
	Warnings []issue.Issue // what else its author should know
}

// Check compares an Ingress with what is served. cert stands in for the default certificate.
func Check(s *snapshot.Snapshot, candidate *netv1.Ingress, cert *model.Cert) Verdict {
	if served, _ := s.Serves(candidate); !served {
		return Verdict{}
	}
	neighbours := s.With(append(sharing(s, candidate), candidate))
	m, issues := compile.Compile(neighbours, compile.Options{DefaultCert: cert})
	ref := s.IngressRef(candidate)
	var v Verdict
	for _, i := range slices.Concat(issues, pathIssues(ref, candidate), expressionIssues(ref, m)) {
		switch {
		case !i.Object.Same(ref):
		case refuses(i):
			v.Refused = append(v.Refused, i)
		case i.Severity != issue.Info:
			v.Warnings = append(v.Warnings, i)
		}
	}
	return v
}

// refuses tells what no other object can mend: a missing Service or Secret may come a moment later.
func refuses(i issue.Issue) bool {
	switch i.Code {
	case issue.ServiceMissing, issue.PortMissing, issue.ClientCAMissing, issue.ClientCABroken, issue.Refused:
		return false
	case issue.PathDuplicate:
		return true
	default:
		return i.Effect == issue.Withheld
	}
}

// sharing lists the other Ingresses that have a host of the candidate. An Ingress for any host shares with its like.
func sharing(s *snapshot.Snapshot, candidate *netv1.Ingress) []*netv1.Ingress {
	hosts := hostsOf(candidate)
	var out []*netv1.Ingress
	for _, other := range s.Ingresses {
		if other.Namespace == candidate.Namespace && other.Name == candidate.Name {
			continue
		}
		if slices.ContainsFunc(hostsOf(other), func(h string) bool { return slices.Contains(hosts, h) }) {
			out = append(out, other)
		}
	}
	return out
}

func hostsOf(i *netv1.Ingress) []string {
	var out []string
	for n := range i.Spec.Rules {
		out = append(out, strings.ToLower(i.Spec.Rules[n].Host))
	}
	if len(out) == 0 {
		out = append(out, "")
	}
	return out
}

// plainPath is what ingress-nginx's webhook accepts for Exact and Prefix (strict-validate-path-type).
var plainPath = regexp.MustCompile(`^/[-._~a-zA-Z0-9/]*$`)

// pathIssues are about paths that the controller serves and ingress-nginx's webhook refuses.
func pathIssues(ref issue.Ref, i *netv1.Ingress) issue.List {
	var out issue.List
	for r := range i.Spec.Rules {
		if i.Spec.Rules[r].HTTP == nil {
			continue
		}
		for p, path := range i.Spec.Rules[r].HTTP.Paths {
			kind := netv1.PathTypePrefix
			if path.PathType != nil {
				kind = *path.PathType
			}
			if kind == netv1.PathTypeImplementationSpecific || plainPath.MatchString(cmp.Or(path.Path, "/")) {
				continue
			}
			field := fmt.Sprintf("spec.rules[%d].http.paths[%d]", r, p)
			out = append(out, issue.Issue{
				Code: issue.PathInvalid, Severity: issue.Error, Effect: issue.Withheld, Object: ref, Field: field + ".path",
				Message:    fmt.Sprintf("The path %q has characters that pathType %s does not take.", path.Path, kind),
				Suggestion: field + ".pathType: ImplementationSpecific",
			})
		}
	}
	return out
}
