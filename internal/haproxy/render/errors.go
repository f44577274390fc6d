package render

import (
	"cmp"
	_ "embed" // for the Lua programs
	"slices"
	"strconv"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	innerFile = "lua/inner.lua"
	errorFile = "lua/errors.lua"
	// maxCopy is how much of a body is kept for a second request: what fits beside the header into a buffer.
	maxCopy = 16 << 10
)

var (
	//go:embed lua/inner.lua
	innerProgram []byte
	//go:embed lua/errors.lua
	errorProgram []byte
)

// anyErrors reports whether a route has a service for errors.
func (r *renderer) anyErrors() bool {
	return slices.ContainsFunc(r.groups, func(g *group) bool { return g.policy.Errors != nil })
}

// copying loads the programs that send a second request, and what they share.
func (r *renderer) copying() []cfg.Line {
	var out []cfg.Line
	load := func(file string, program []byte) {
		r.bundle.Static[file] = haproxy.File{Data: program}
		out = append(out, cfg.L("lua-load-per-thread", cfg.Word(file)))
	}
	if !r.anyErrors() && !r.anyMirrors() {
		return nil
	}
	load(innerFile, innerProgram)
	if r.anyErrors() {
		load(errorFile, errorProgram)
	}
	if r.anyMirrors() {
		load(mirrorFile, mirrorProgram)
	}
	return out
}

// copyStep keeps the request as it came, because nothing of it is left when the answer comes: it may be sent once more.
func (r *renderer) copyStep(g *group) []cfg.Line {
	if g.policy.Errors == nil && g.policy.Mirror == nil {
		return nil
	}
	length := cfg.Fetch("req.hdr_val", "content-length")
	return []cfg.Line{
		set("txn.copy_method", cfg.Fetch("method")),
		set("txn.copy_uri", cfg.Fetch("pathq")),
		set("txn.copy_head", cfg.Fetch("req.hdrs")),
		set("txn.copy_accept", cfg.Fetch("req.fhdr", "accept")),
		cfg.L("http-request wait-for-body time", cfg.Millis(time.Minute)).If(cfg.MatchInt(length, cfg.Between(1, maxCopy))),
		set("txn.copy_body", cfg.Fetch("req.body")).If(cfg.MatchInt(length, cfg.Between(1, maxCopy))),
	}
}

// aclWords is how many patterns stand on a line, which holds 64 words.
const aclWords = 50

// errorsStep asks the service about what servers answer.
func (r *renderer) errorsStep(g *group) []cfg.Line {
	e := g.policy.Errors
	if e == nil {
		return nil
	}
	var out []cfg.Line
	if !e.Own {
		for codes := range slices.Chunk(statusRanges(e.Codes), aclWords) {
			out = append(out, r.errorAction("http-response", g, 0).If(cfg.MatchInt(cfg.Fetch("status"), codes...)))
		}
	}
	return append(out, r.ownRules(g)...)
}

// statusRanges joins neighbours. The codes are sorted.
func statusRanges(codes []int) []cfg.Range {
	var out []cfg.Range
	for i := 0; i < len(codes); {
		j := i
		for j+1 < len(codes) && codes[j+1] == codes[j]+1 {
			j++
		}
		out = append(out, cfg.Between(int64(codes[i]), int64(codes[j])))
		i = j + 1
	}
	return out
}

// errorAction asks the service about a status, 0 for that of the answer. If the service answers, no rule behind it runs.
func (r *renderer) errorAction(ruleset string, g *group, code int) cfg.Line {
	about := g.policy.Errors.About
	action := cfg.Kw("http-request lua.hawser_error")
	if ruleset == "http-response" {
		action = cfg.Kw("http-response lua.hawser_error")
	}
	word := func(s string) cfg.Arg { return cfg.Word(cmp.Or(s, "-")) }
	return cfg.Line{Args: []cfg.Arg{
		action, cfg.Word(strconv.Itoa(code)), cfg.Name(serviceName(g.policy.Errors.Service)), cfg.Int(int(r.answerTime() / time.Second)),
		word(about.Namespace), word(about.Ingress), word(about.Service), word(about.Port),
	}}
}

// refuse answers a request of a route: with what the service for errors says about the status, else with the page of it.
func (r *renderer) refuse(g *group, code int, when cfg.Cond) []cfg.Line {
	return append(r.askAbout(g, code, when), respond(code, when))
}

// askAbout stands before an answer that Hawser gives itself.
func (r *renderer) askAbout(g *group, code int, when cfg.Cond) []cfg.Line {
	if e := g.policy.Errors; e == nil || !slices.Contains(e.Codes, code) {
		return nil
	}
	return []cfg.Line{r.errorAction("http-request", g, code).If(when)}
}

// ownRules are those of the defaults section, for a route whose answers are looked at first.
func (r *renderer) ownRules(g *group) []cfg.Line {
	if _, forwards := g.action.(model.Forward); !forwards {
		return nil
	}
	v := r.variantOf(g)
	var out []cfg.Line
	if v.maxBody > 0 {
		out = r.refuse(g, 413, tooLarge(v.maxBody))
	}
	return append(out, r.refuse(g, 503, noServer())...)
}
