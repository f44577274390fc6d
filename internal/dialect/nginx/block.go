package nginx

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

const patternList = "texts separated by commas; ~ before a regular expression, ~* if the case of letters does not count"

var (
	blockCIDRs = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "block-cidrs", Values: networkList, Scope: dialect.Setting, Guard: true,
			Doc:     "Clients of these networks get 403 on every host, whatever the Ingress says.",
			Support: dialect.Partial,
			Instead: "It is stronger than in ingress-nginx, where a list of client addresses on an Ingress, or satisfy: any, lifts it.",
		},
		Parse: dialect.ParseNetworks,
	}
	blockAgents = &dialect.Key[[]model.Pattern]{
		Description: dialect.Description{
			Key: "block-user-agents", Values: patternList, Scope: dialect.Setting, Guard: true,
			Doc: "Requests with such a User-Agent get 403 on every host. A text is compared as a whole, without regard to case.",
		},
		Parse: parsePatterns,
	}
	blockReferers = &dialect.Key[[]model.Pattern]{
		Description: dialect.Description{
			Key: "block-referers", Values: patternList, Scope: dialect.Setting, Guard: true,
			Doc: "Requests with such a Referer get 403 on every host. A text is compared as a whole, without regard to case.",
		},
		Parse: parsePatterns,
	}
)

var block = &dialect.Feature{
	Name: "block", Title: "Clients that nobody serves",
	Doc:  "Decided before anything else, redirects included. A list that can't be read closes every route with 503.",
	Keys: []dialect.Spec{blockCIDRs, blockAgents, blockReferers},
	Global: func(p *dialect.Pass, g *model.Global) {
		g.Block.Networks, _ = blockCIDRs.Get(p)
		g.Block.Agents, _ = blockAgents.Get(p)
		g.Block.Referers, _ = blockReferers.Get(p)
	},
}

// parsePatterns reads entries of an nginx map: a text, which may stand in quotes, or an expression.
func parsePatterns(s string) ([]model.Pattern, error) {
	var out []model.Pattern
	for entry := range strings.SplitSeq(s, ",") {
		entry = unquote(strings.TrimSpace(entry))
		if entry == "" {
			continue
		}
		if strings.ContainsFunc(entry, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("an entry has control characters")
		}
		p := model.Pattern{Text: entry, Fold: true}
		if text, ok := strings.CutPrefix(entry, "~"); ok {
			text, p.Fold = strings.CutPrefix(text, "*")
			p.Text, p.Regex = text, true
			if _, err := regexp.Compile(text); err != nil || text == "" {
				return nil, fmt.Errorf("the expression %q can't be read", text)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}
