package render

import (
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// pathRules put the path that routes are compared with into txn.path: decoded, slashes merged, dot segments resolved,
// as nginx reads it (model.NormalPath does the same). The request itself is forwarded as it came.
//
// Only a path with "%", "//" or "/." is touched. What can't be a path is answered with 400: a bad escape, NUL, and
// dots that lead above the root. The end is \z: a dollar sign also matches before a newline, which a path may end in.
func pathRules() []cfg.Line {
	odd := cfg.Match(cfg.Var("txn.path"), cfg.Regex, `%|//|/\.`)
	path := cfg.Var("txn.path")
	out := []cfg.Line{
		set("txn.path", cfg.Fetch("path")),
		respond(400, cfg.Not(cfg.Match(path, cfg.Prefix, "/"))),
		set("txn.odd", cfg.Str("1")).If(odd),
	}
	isOdd := cfg.Found(cfg.Var("txn.odd"))
	bad := cfg.Match(path, cfg.Regex, `%(?![0-9A-Fa-f]{2})|%00`)
	// One expression, so that all of this is one condition to a path that is not odd.
	resolved := path.
		Conv("url_dec").
		Conv("regsub", "//+", "/", "g").
		Conv("regsub", `(?:/\.)+(?=/)`, "", "g").
		Conv("regsub", `/\.\z`, "/")
	for range model.NestedDots {
		resolved = resolved.
			Conv("regsub", `/(?!\.\.(?:/|\z))[^/]+/\.\.(?=/)`, "", "g").
			Conv("regsub", `/(?!\.\.(?:/|\z))[^/]+/\.\.\z`, "/")
	}
	dots := cfg.Match(path, cfg.Regex, `/\.\.(?:/|\z)`)
	return append(out,
		respond(400, cfg.And(isOdd, bad)),
		set("txn.path", resolved).If(isOdd),
		respond(400, cfg.And(isOdd, cfg.Or(dots, cfg.Not(cfg.Match(path, cfg.Prefix, "/"))))),
		set("txn.path", path.
			Conv("regsub", "%", "%25", "g").
			Conv("regsub", " ", "%20", "g").
			Conv("regsub", `\t`, "%09", "g")).If(isOdd),
	)
}
