package model

import (
	"regexp"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Rewrite changes the request that a backend gets.
type Rewrite struct {
	To     Template // the path, before it is percent-encoded
	Prefix Template // X-Forwarded-Prefix; nil: the header is left alone
}

// LinkStyle is how the Location of a redirect is written.
type LinkStyle struct {
	KeepSlash bool // the redirect to HTTPS keeps one slash at the end of the URL
	Port      bool // the port that is listened on is part of the URL
	Relative  bool // a redirect within the host is a path
}

// KindExpression is the kind of what ExpressionRef returns.
const KindExpression = "Expression"

// ExpressionRef stands for an expression, which is the same wherever it is written.
func ExpressionRef(text string) issue.Ref { return issue.Ref{Kind: KindExpression, Name: text} }

// Literal is the expression that matches the text of this one and nothing else.
func (m Match) Literal() Match { return Match{Kind: Regex, Path: regexp.QuoteMeta(m.Path)} }

// MatchesExpression reports whether the beginning of a path satisfies an expression; known is false where the syntax
// is one that Go doesn't have, such as a look-ahead.
func (m Match) MatchesExpression(path string) (matched, known bool) {
	re, err := regexp.Compile("(?i)^" + m.Path)
	if err != nil {
		return false, false
	}
	return re.MatchString(path), true
}

// Capture gives a group of the expression in a path, "" if there is none.
func (m Match) Capture(path string, group int) string {
	re, err := regexp.Compile("(?i)" + m.Path)
	if err != nil {
		return ""
	}
	found := re.FindStringSubmatch(path)
	if group >= len(found) {
		return ""
	}
	return found[group]
}
