package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var serverAlias = &dialect.Key[aliases]{
	Description: dialect.Description{
		Key: "server-alias", Values: "names, separated by commas: api.example.com, *.example.com, mail.*, ~^v[0-9]+\\.example\\.com$",
		Risk: dialect.RiskHigh,
		Doc: "More names of the host. The first Ingress of the host with this annotation decides. A name that is the host of any Ingress is " +
			"left to that one. An alias has the default certificate, and plain HTTP to it is redirected only by force-ssl-redirect.",
	},
	Parse: parseAliases,
}

var alias = &dialect.Feature{
	Name: "server-alias", Title: "More names of a host",
	Doc:  "A name leads to the host that has it, then to the one that has it as alias, then to a wildcard host, then to a wildcard or expression of an alias.",
	Keys: []dialect.Spec{serverAlias},
	Host: func(p *dialect.Pass, h *model.Host) {
		if h.Name == "" || h.AliasFrom.Kind != "" {
			return
		}
		if a, ok := serverAlias.Get(p); ok {
			h.Aliases, h.Patterns, h.AliasFrom = a.names, a.patterns, p.Object()
		}
	},
}

// aliases are names, wildcards among them, and expressions for every name that is none: those with more labels too.
type aliases struct {
	names    []model.Hostname
	patterns []string
}

var aliasText = regexp.MustCompile(`^[-/._~a-zA-Z0-9: ^$\[\](){}*+?|&=\\]*$`)

func parseAliases(s string) (aliases, error) {
	var out aliases
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if len(item) > maxText {
			return aliases{}, fmt.Errorf("a name or expression is longer than %d characters", maxText)
		}
		if !aliasText.MatchString(item) {
			return aliases{}, fmt.Errorf("%q has a character that no name or expression has", item)
		}
		if err := out.add(item); err != nil {
			return aliases{}, err
		}
	}
	return out, nil
}

// add reads a name as nginx's server_name does.
func (a *aliases) add(item string) error {
	if expression, ok := strings.CutPrefix(item, "~"); ok {
		if strings.ToLower(expression) != expression {
			expression = "(?i)" + expression
		}
		a.patterns = append(a.patterns, expression)
		return nil
	}
	bare := strings.TrimPrefix(strings.TrimPrefix(item, "*"), ".")
	bare = strings.TrimSuffix(bare, ".*")
	name, err := model.ParseHostname(bare)
	if err != nil || name == "" || name.Wildcard() {
		return fmt.Errorf("%q is no name, no wildcard of one, and no expression", item)
	}
	text := regexp.QuoteMeta(string(name))
	switch {
	case string(name) == strings.ToLower(item):
		a.names = append(a.names, name)
	case strings.ToLower(item) == "*."+string(name):
		a.names = append(a.names, "*."+name)
		a.patterns = append(a.patterns, `^.+\.`+text+`$`)
	case strings.ToLower(item) == "."+string(name):
		a.names = append(a.names, name, "*."+name)
		a.patterns = append(a.patterns, `^.+\.`+text+`$`)
	case strings.ToLower(item) == string(name)+".*":
		a.patterns = append(a.patterns, `^`+text+`\..+$`)
	default:
		return fmt.Errorf("%q is no name, no wildcard of one, and no expression", item)
	}
	return nil
}
