package admission

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// expressionIssues are about expressions that HAProxy would refuse. Its own library is not asked; what is found here is
// wrong in every dialect. Anything else, such as a look-behind of no fixed length, is closed when HAProxy says so.
func expressionIssues(ref issue.Ref, m *model.Model) issue.List {
	var out issue.List
	known := map[string]bool{}
	report := func(field, expression string) {
		if err := broken(expression); err != nil && !known[expression] {
			known[expression] = true
			out = append(out, issue.Issue{
				Code: issue.PathInvalid, Severity: issue.Error, Effect: issue.Withheld, Object: ref, Field: field,
				Message: fmt.Sprintf("%s is no regular expression: %v.", expression, err),
			})
		}
	}
	for _, h := range m.Hosts {
		for _, r := range h.Routes {
			if r.Match.Kind == model.Regex && r.Ingress.Same(ref) {
				report("spec.rules", r.Match.Path)
			}
			if rules := r.Policy.Rules; rules != nil && r.Ingress.Same(ref) {
				for _, t := range slices.Concat(model.Tests(rules.First), model.Tests(rules.Then)) {
					if t.Op == model.TestMatches {
						report("a snippet", t.Text)
					}
				}
			}
		}
		if h.AliasFrom.Same(ref) {
			for _, p := range h.Patterns {
				report("server-alias", p)
			}
		}
	}
	return out
}

// broken knows the errors that Go's expressions share with PCRE2.
func broken(expression string) error {
	_, err := regexp.Compile(expression)
	failure, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return nil
	}
	switch failure.Code {
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrMissingBracket, syntax.ErrTrailingBackslash:
		return errors.New(failure.Code.String())
	default:
		return nil
	}
}
