package render

import (
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	aliasMap     = "maps/alias.map"         // name -> key of the host that has it as alias
	aliasPattern = "maps/alias-pattern.map" // expression of names -> key of the host
)

// aliases says which kinds of aliases any host has.
func (r *renderer) aliases() (names, patterns bool) {
	for _, h := range r.model.Hosts {
		for _, a := range h.Aliases {
			names = names || !a.Wildcard()
		}
		patterns = patterns || len(h.Patterns) > 0
	}
	return names, patterns
}

func (r *renderer) anyAlias() bool {
	names, patterns := r.aliases()
	return names || patterns
}

// aliasMaps has names apart from expressions. The latter never change at run time: their order counts, and HAProxy
// checks them when it starts.
func (r *renderer) aliasMaps() {
	names, patterns := r.aliases()
	if names {
		r.bundle.Maps[aliasMap] = nil
	}
	var entries []cfg.MapEntry
	origins := [][]issue.Ref{nil} // line 0 is none
	for _, h := range r.model.Hosts {
		for _, a := range h.Aliases {
			if !a.Wildcard() {
				r.addEntry(aliasMap, h, string(a), key(h.Name))
			}
		}
		for _, pattern := range h.Patterns {
			entries = append(entries, r.entry(h.AliasFrom, withoutBlanks(pattern), key(h.Name)))
			origins = append(origins, []issue.Ref{model.ExpressionRef(pattern)})
		}
	}
	if patterns {
		r.bundle.Static[aliasPattern] = haproxy.File{Data: cfg.MapFile(entries)}
		r.bundle.Lines[aliasPattern] = origins
	}
}

// lookupRules put the key of the host that has a name into a variable: a host by its name, an alias, a wildcard host, an
// expression. What is found as an alias is in the variable alias, too.
func (r *renderer) lookupRules(name cfg.Sample, variable, alias string, when ...cfg.Cond) []cfg.Line {
	names, patterns := r.aliases()
	given := func(l cfg.Line, more ...cfg.Cond) cfg.Line {
		if all := slices.Concat(when, more); len(all) > 0 {
			return l.If(cfg.And(all...))
		}
		return l
	}
	aliased, unknown := cfg.Found(cfg.Var(alias)), cfg.Not(cfg.Found(cfg.Var(variable)))
	out := []cfg.Line{given(set(variable, name.Conv("map", hostMap)))}
	if names {
		out = append(out,
			given(set(alias, name.Conv("map", aliasMap)), unknown),
			given(set(variable, cfg.Var(alias)), aliased))
	}
	out = append(out, given(set(variable, parent(name).Conv("map", wildcardMap)), unknown))
	if patterns {
		out = append(out,
			given(set(alias, name.Conv("map_reg", aliasPattern)), unknown),
			given(set(variable, cfg.Var(alias)), aliased, unknown))
	}
	return out
}
