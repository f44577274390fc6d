package render

import (
	_ "embed" // for the Lua program
	"fmt"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

//go:embed lua/paths.lua
var pathsProgram []byte

const (
	programFile     = "lua/paths.lua"
	expressionsFile = "lua/paths.map"  // number -> expression; read by the program when it starts
	regexMap        = "maps/regex.map" // number of an expression -> route
)

// flagRegex stands in routeMap for every path of a host whose paths are expressions; their numbers follow it.
const flagRegex = "x"

// hasExpressions reports whether the paths of a host are expressions.
func hasExpressions(h *model.Host) bool {
	return len(h.Routes) > 0 && h.Routes[0].Match.Kind == model.Regex
}

func (r *renderer) anyExpressions() bool {
	for _, h := range r.model.Hosts {
		if hasExpressions(h) {
			return true
		}
	}
	return false
}

// needsProgram: it finds paths by expressions, and encodes those that rules make.
func (r *renderer) needsProgram() bool {
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			if rules := route.Policy.Rules; rules != nil && (encodes(rules.First) || encodes(rules.Then)) {
				return true
			}
		}
	}
	return r.anyExpressions()
}

// expressionMaps numbers the expressions of every host. A change of any of them is a reload, so that HAProxy checks
// them; where they lead may change at run time.
func (r *renderer) expressionMaps() {
	if !r.needsProgram() {
		return
	}
	if r.anyExpressions() {
		r.bundle.Maps[regexMap] = nil
	}
	var entries []cfg.MapEntry
	origins := [][]issue.Ref{nil} // line 0 is none
	for _, h := range r.model.Hosts {
		if !hasExpressions(h) {
			continue
		}
		first := len(entries) + 1
		for _, route := range h.Routes {
			number := strconv.Itoa(len(entries) + 1)
			entries = append(entries, r.entry(route.Ingress, number, pathKey(route.Match.Path)))
			origins = append(origins, []issue.Ref{model.ExpressionRef(route.Match.Path)})
			r.addEntry(regexMap, h, number, r.routeValue(h, route))
		}
		r.addEntry(routeMap, h, key(h.Name)+"/", fmt.Sprintf("%s|%d:%d", flagRegex, first, len(entries)))
	}
	r.bundle.Static[programFile] = haproxy.File{Data: pathsProgram}
	r.bundle.Static[expressionsFile] = haproxy.File{Data: cfg.MapFile(entries)}
	r.bundle.Lines[expressionsFile] = origins
}

// program loads the Lua program.
func (r *renderer) program() []cfg.Line {
	if !r.needsProgram() {
		return nil
	}
	return append(boolsInLua(), cfg.L("lua-load-per-thread", cfg.Word(programFile)))
}

// expressionRules find the route of a host whose paths are expressions. txn.plain is the path without the escapes of
// txn.path. If the program fails, nothing is known about the route, and nobody is served.
func (r *renderer) expressionRules() []cfg.Line {
	if !r.anyExpressions() {
		return nil
	}
	route, number, plain := cfg.Var("txn.route"), cfg.Var("txn.number"), cfg.Var("txn.plain")
	regex := cfg.Match(routeFlags(), cfg.Exact, flagRegex)
	return []cfg.Line{
		set("txn.plain", cfg.Var("txn.path").Conv("url_dec")).If(regex),
		set("txn.number", route.Conv("field", "2", "|").Conv("concat", "", "txn.plain").Conv("lua.hawser_path")).If(cfg.And(regex, cfg.Found(plain))),
		respond(500, cfg.And(regex, cfg.Not(cfg.Found(number)))),
		set("txn.route", number.Conv("map", regexMap, "")).If(regex),
	}
}
