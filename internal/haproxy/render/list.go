package render

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// listDir has the files that conditions compare with: what is in them can change at run time, a condition can't.
const listDir = "lists/"

// list writes a file of patterns. The order does not count, since a condition holds when any of them matches.
func (r *renderer) list(name string, object issue.Ref, patterns []string) (file string) {
	file = listDir + name
	var keys []cfg.MapKey
	origins := [][]issue.Ref{nil} // line 0 is none
	for _, text := range patterns {
		k, err := cfg.NewMapKey(text)
		r.fail(object, err)
		keys, origins = append(keys, k), append(origins, refs(object))
	}
	r.bundle.Patterns[file], r.bundle.Lines[file] = keys, origins
	return file
}

func refs(object issue.Ref) []issue.Ref {
	if object == (issue.Ref{}) {
		return nil
	}
	return []issue.Ref{object}
}

// fromNetworks defines an ACL that holds for clients of networks, which are in a file of their own.
func (r *renderer) fromNetworks(acl, name string, object issue.Ref, networks []netip.Prefix) []cfg.Line {
	var all []string
	for _, n := range networks {
		all = append(all, n.String())
	}
	return cfg.Define(acl, cfg.MatchIPFile(cfg.Fetch("src"), r.list(name, object, all)))
}

// ownNetworks is fromNetworks for the backend of a group.
func (r *renderer) ownNetworks(g *group, acl string, networks []netip.Prefix) []cfg.Line {
	return r.fromNetworks(acl, listName(g, acl), g.ingress, networks)
}

// ownLists are the lists of a group that is rendered.
func (r *renderer) ownLists(g *group) []string {
	var out []string
	for _, what := range []string{"allowed", "denied", "unlimited"} {
		if _, has := r.bundle.Patterns[listDir+listName(g, what)]; has {
			out = append(out, listDir+listName(g, what))
		}
	}
	return out
}

// listName is the name of a list of a group, short enough for a file.
func listName(g *group, what string) string {
	const most = 200
	name := g.name
	if len(name) > most {
		name = name[:most-17] + "_" + digest(name)[:16]
	}
	return name + "." + what
}

// matching defines an ACL that holds when a text matches one of the patterns. They are in a file for each way to compare.
func (r *renderer) matching(acl string, sample cfg.Sample, patterns []model.Pattern) []cfg.Line {
	files := map[string][]string{}
	for _, p := range patterns {
		files[kindOf(p)] = append(files[kindOf(p)], patternText(p))
	}
	var parts []cfg.Cond
	for _, kind := range []struct {
		name  string
		match func(file string) cfg.Cond
	}{
		{"text", func(file string) cfg.Cond { return cfg.MatchFile(sample, cfg.Exact, file) }},
		{"text-fold", func(file string) cfg.Cond { return cfg.MatchFileFold(sample, cfg.Exact, file) }},
		{"reg", func(file string) cfg.Cond { return cfg.MatchFile(sample, cfg.Regex, file) }},
		{"reg-fold", func(file string) cfg.Cond { return cfg.MatchFileFold(sample, cfg.Regex, file) }},
	} {
		if list := files[kind.name]; len(list) > 0 {
			parts = append(parts, kind.match(r.list(acl+"."+kind.name, issue.Ref{}, list)))
		}
	}
	return cfg.Define(acl, cfg.Or(parts...))
}

// kindOf: a text that can't be a line of a file is compared as an expression.
func kindOf(p model.Pattern) string {
	kind := "text"
	if _, err := cfg.NewMapKey(p.Text); p.Regex || err != nil {
		kind = "reg"
	}
	if p.Fold {
		kind += "-fold"
	}
	return kind
}

func patternText(p model.Pattern) string {
	switch _, err := cfg.NewMapKey(p.Text); {
	case strings.HasPrefix(p.Text, "#") && p.Regex:
		return `\x23` + withoutBlanks(p.Text[1:]) // # would make the line a comment
	case p.Regex:
		return withoutBlanks(p.Text)
	case err != nil:
		return `\A` + withoutBlanks(regexp.QuoteMeta(p.Text)) + `\z`
	default:
		return p.Text
	}
}

// blockRules close every host to some clients, before anything else is decided about the request.
func (r *renderer) blockRules() []cfg.Line {
	b := r.model.Global.Block
	var out []cfg.Line
	refuse := func(name string, definition []cfg.Line) {
		out = append(append(out, definition...), respond(403, cfg.ACL(name)))
	}
	if len(b.Networks) > 0 {
		refuse("blocked-network", r.fromNetworks("blocked-network", "blocked-network", issue.Ref{}, b.Networks))
	}
	if len(b.Agents) > 0 {
		refuse("blocked-agent", r.matching("blocked-agent", cfg.Fetch("req.fhdr", "user-agent"), b.Agents))
	}
	if len(b.Referers) > 0 {
		refuse("blocked-referer", r.matching("blocked-referer", cfg.Fetch("req.fhdr", "referer"), b.Referers))
	}
	return out
}
