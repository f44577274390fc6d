package render

import (
	_ "embed" // for the Lua programs
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	askFile      = "lua/auth.lua"
	askCacheFile = "lua/authcache.lua"
	askCacheMap  = "lua/authcache.map" // answers; the program fills it
	// As many as lua/auth.lua publishes.
	maxCookies    = 8
	maxChallenges = 4
)

var (
	//go:embed lua/auth.lua
	askProgram []byte
	//go:embed lua/authcache.lua
	askCacheProgram []byte
)

// serviceCheck asks a service. What the question is made of is put into variables, because a program gets no more than
// words; lua/auth.lua says how it is asked. Without its verdict nobody is let in.
func (r *renderer) serviceCheck(g *group) []check {
	auth := g.policy.ExternalAuth
	if auth == nil {
		return nil
	}
	asked := cfg.Var("txn.asked")
	is := func(verdict string) cfg.Cond { return cfg.Match(asked, cfg.Exact, verdict) }
	return []check{{
		ask:    func(when cfg.Cond) []cfg.Line { return r.askRules(auth, when) },
		passed: is("yes"),
		refuse: func(when cfg.Cond) []cfg.Line {
			var out []cfg.Line
			if auth.SignIn != nil {
				out = append(out, cfg.L("http-request return", status(302), cfg.Kw("hdr Location"), cfg.Header(r.pieces(auth.SignIn)...), page(302)).
					If(cfg.And(when, is("401"))))
			}
			return slices.Concat(out, r.refuse(g, 401, cfg.And(when, is("401"))), r.refuse(g, 403, cfg.And(when, is("403"))), r.refuse(g, 500, when))
		},
	}}
}

func (r *renderer) askRules(auth *model.ExternalAuth, when cfg.Cond) []cfg.Line {
	format := func(name string, t model.Template) cfg.Line {
		return cfg.L("http-request", cfg.Call("set-var-fmt", name), cfg.Format(r.pieces(t)...)).If(when)
	}
	out := []cfg.Line{format("txn.ask_uri", auth.URI), format("txn.ask_host", auth.Host)}
	var names []string
	for i, h := range auth.Headers {
		names = append(names, h.Name)
		out = append(out, format("txn.ask_"+strconv.Itoa(i+1), h.Value))
	}
	ask := cfg.L("http-request lua.hawser_ask", cfg.Name(serviceName(auth.Service)), cfg.Word(auth.Method), words(names), words(auth.Copied),
		cfg.Int(int(r.answerTime()/time.Second)))
	if auth.Cache == nil {
		return append(out, ask.If(when))
	}
	unknown := cfg.And(when, cfg.Not(cfg.Found(cfg.Var("txn.asked"))))
	return append(out,
		cfg.L("http-request", cfg.Call("set-var-fmt", "txn.ask_id"), cfg.Format(r.cacheKey(auth.Cache, append(out, ask))...)).If(when),
		set("txn.ask_key", cfg.Var("txn.ask_id").Conv("sha2", "256").Conv("hex")).If(when),
		cfg.L("http-request lua.hawser_recall").If(when),
		set("txn.ask_new", cfg.Str("1")).If(unknown),
		ask.If(unknown),
		cfg.L("http-request lua.hawser_keep", cfg.Word(cacheTimes(auth.Cache)), cfg.Int(len(auth.Copied))).If(cfg.And(when, cfg.Found(cfg.Var("txn.ask_new")))),
	)
}

// cacheKey is unique by question, host, route and values: each variable is encoded, so that no two lists of values are
// written the same.
func (r *renderer) cacheKey(c *model.AuthCache, question []cfg.Line) []cfg.Piece {
	id := c.Route
	for _, l := range question {
		id += "\n" + l.String()
	}
	out := []cfg.Piece{cfg.Text(digest(id) + " "), cfg.Print(cfg.Var("txn.key"))}
	for _, p := range c.Key {
		if p.Var == model.VarNone {
			out = append(out, cfg.Text(" ="+p.Text))
		} else {
			out = append(out, cfg.Text(" "), cfg.Print(r.sample(p).Conv("url_enc")))
		}
	}
	return out
}

func cacheTimes(c *model.AuthCache) string {
	var out []string
	for _, v := range c.Valid {
		name := "any"
		if v.Status != 0 {
			name = strconv.Itoa(v.Status)
		}
		out = append(out, fmt.Sprintf("%s=%d", name, int64(v.Time/time.Second)))
	}
	return strings.Join(out, ",")
}

// words is a list of header names as a program takes it.
func words(names []string) cfg.Arg {
	if len(names) == 0 {
		return cfg.Word(",")
	}
	return cfg.Word(strings.ToLower(strings.Join(names, ",")))
}

// answerStep gives what the service said to the backend and to the client. What a client sends under these names is
// removed in every case.
func (r *renderer) answerStep(g *group) []cfg.Line {
	auth := g.policy.ExternalAuth
	if auth == nil {
		return nil
	}
	var out []cfg.Line
	for i, name := range auth.Copied {
		value := cfg.Var("txn.got_" + strconv.Itoa(i+1))
		out = append(out,
			cfg.L("http-request del-header", cfg.HeaderName(name)),
			setHeader(name, cfg.Print(value)).If(cfg.Found(value)))
	}
	response := func(name, variable string, i int, when ...cfg.Cond) {
		value := cfg.Var(variable + strconv.Itoa(i))
		out = append(out, cfg.L("http-after-response add-header", cfg.HeaderName(name), cfg.Header(cfg.Print(value))).
			If(cfg.And(append(when, cfg.Found(value))...)))
	}
	var usual []cfg.Cond
	if !auth.AlwaysCookie {
		usual = []cfg.Cond{cfg.MatchInt(cfg.Fetch("status"), cfg.Between(200, 201), cfg.Eq(204), cfg.Eq(206), cfg.Between(301, 304), cfg.Between(307, 308))}
	}
	for i := range maxCookies {
		response("Set-Cookie", "txn.cookie", i+1, usual...)
	}
	for i := range maxChallenges {
		response("WWW-Authenticate", "txn.challenge", i+1)
	}
	return out
}
