package render

import (
	_ "embed" // for the Lua program
	"maps"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

const (
	usersMap       = "maps/users.map" // list of users -> its version
	usersTableName = "hawser-users"
	verifyFile     = "lua/verify.lua"
)

//go:embed lua/verify.lua
var verifyProgram []byte

// passwordCheck asks for a user of a list. The hashes stay in Hawser, because a worker that computes one serves nobody
// meanwhile; the table remembers a digest of the credentials that were right, under the version of their list and a key
// that is drawn anew in each process. What can't be verified is 503.
func (r *renderer) passwordCheck(g *group) []check {
	auth := g.policy.BasicAuth
	if auth == nil {
		return nil
	}
	credentials, verdict := cfg.Var("txn.credentials"), cfg.Var("txn.verdict")
	sent := cfg.MatchFold(credentials, cfg.Prefix, "basic ")
	proof := cfg.Var("proc.hawser_key").Conv("concat", "|", "txn.users", "|").Conv("concat", "", "txn.credentials").Conv("sha2", "256").Conv("hex")
	known := cfg.True(cfg.Var("txn.proof").Conv("in_table", usersTableName))
	challenge := cfg.L("http-request return", status(401), cfg.Kw("hdr WWW-Authenticate"),
		cfg.Header(cfg.Text(`Basic realm="`+auth.Realm+`"`)), page(401))
	return []check{{
		ask: func(when cfg.Cond) []cfg.Line {
			return []cfg.Line{
				set("txn.credentials", cfg.Fetch("req.fhdr", "authorization")).If(when),
				set("txn.users", cfg.Str(auth.Users.ID).Conv("map", usersMap)).If(cfg.And(when, sent)),
				set("txn.proof", proof).If(cfg.And(when, sent)),
				set("txn.verdict", cfg.Str("yes")).If(cfg.And(when, sent, known)),
				cfg.L("http-request lua.hawser_verify", cfg.Word(auth.Users.ID)).If(cfg.And(when, sent, cfg.Not(cfg.Found(verdict)))),
				cfg.L("http-request track-sc1", cfg.Expr(cfg.Var("txn.proof")), cfg.Opt("table", cfg.Name(usersTableName))).
					If(cfg.And(when, cfg.Match(verdict, cfg.Exact, "yes"))),
			}
		},
		passed: cfg.Match(verdict, cfg.Exact, "yes", "once"),
		refuse: func(when cfg.Cond) []cfg.Line {
			out := r.refuse(g, 503, cfg.And(when, sent, cfg.Not(cfg.Match(verdict, cfg.Exact, "no"))))
			if asked := r.askAbout(g, 401, when); asked != nil {
				out = append(append(out, challengeRules(auth.Realm, when)...), asked...)
			}
			return append(out, challenge.If(when))
		},
	}}
}

// challengeRules put the challenge on what a service for errors says.
func challengeRules(realm string, when cfg.Cond) []cfg.Line {
	return []cfg.Line{
		set("txn.challenged", cfg.Str("1")).If(when),
		cfg.L("http-after-response set-header WWW-Authenticate", cfg.Header(cfg.Text(`Basic realm="`+realm+`"`))).If(cfg.Found(cfg.Var("txn.challenged"))),
	}
}

// credentialsStep keeps the password from the backend, also where it was not asked for because the address was enough.
func (r *renderer) credentialsStep(g *group) []cfg.Line {
	if g.policy.BasicAuth == nil {
		return nil
	}
	return []cfg.Line{cfg.L("http-request del-header", cfg.Word("Authorization"))}
}

// userLists writes the versions of the lists, so that a list that changes makes what the table remembers void.
func (r *renderer) userLists() {
	lists := r.model.UserLists()
	if len(lists) == 0 {
		return
	}
	r.bundle.Static[verifyFile] = haproxy.File{Data: verifyProgram}
	r.bundle.Maps[usersMap] = nil
	for _, id := range slices.Sorted(maps.Keys(lists)) {
		k, err := cfg.NewMapKey(id)
		r.fail(r.model.Hosts[0].Origins[0], err)
		v, err := cfg.NewMapValue(lists[id].Version(r.options.UserKey))
		r.fail(r.model.Hosts[0].Origins[0], err)
		r.bundle.Maps[usersMap] = append(r.bundle.Maps[usersMap], cfg.MapEntry{Key: k, Value: v})
	}
}

// verifier loads the program that asks Hawser, and tells it where.
func (r *renderer) verifier() []cfg.Line {
	if len(r.model.UserLists()) == 0 {
		return nil
	}
	out := []cfg.Line{cfg.L("set-var proc.hawser_key uuid")}
	if r.options.Verifier != "" {
		out = append(out, cfg.L("set-var proc.hawser_agent", cfg.Expr(cfg.Str(r.options.Verifier))))
	}
	if !r.anyExpressions() {
		out = append(out, boolsInLua()...)
	}
	return append(out, cfg.L("lua-load-per-thread", cfg.Word(verifyFile)))
}

// boolsInLua says how booleans come to Lua, which HAProxy from 3.1 on wants to be told before the first program.
func boolsInLua() []cfg.Line {
	return []cfg.Line{
		cfg.L(".if version_atleast(3.1)"),
		cfg.L("tune.lua.bool-sample-conversion normal"),
		cfg.L(".endif"),
	}
}

// rememberedFor bounds how long the table keeps what nobody shows any more; it is asked for again then.
const rememberedFor = 10 * time.Minute

func (r *renderer) usersTable() []cfg.Section {
	if len(r.model.UserLists()) == 0 {
		return nil
	}
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(usersTableName), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	s.Add(cfg.L("stick-table type string len 64 size 100k expire", cfg.Millis(rememberedFor)))
	return []cfg.Section{s}
}
