package dir

import "github.com/hawser-ingress/hawser/internal/issue"

// located is a mistake of the user at a line of the file.
type located struct {
	line       int
	message    string // a sentence without its full stop
	suggestion string
}

func (l *located) Error() string { return l.message }

func (l *located) issue(ref issue.Ref) issue.Issue {
	ref.Line = l.line
	return issue.Issue{
		Code: issue.ManifestParse, Severity: issue.Error, Effect: issue.Withheld,
		Object: ref, Message: l.message + ".", Suggestion: l.suggestion,
	}
}
