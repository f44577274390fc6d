package render

import (
	"fmt"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// check is a way to be let in. Its rules run only when a condition holds, because with "any" nobody is asked who is in
// already.
type check struct {
	ask    func(when cfg.Cond) []cfg.Line // what has to be known before passed and refuse
	passed cfg.Cond
	refuse func(when cfg.Cond) []cfg.Line // answers the request in every case in which when holds
}

// checks lists what a route asks of a client, in nginx's order. Where any is enough, the answer of the last one is given.
func (r *renderer) checks(g *group) []check {
	others := slices.Concat(r.passwordCheck(g), r.serviceCheck(g))
	return append(r.addressCheck(g, len(others) == 0), others...)
}

// accessStep lets in who passes all checks, or any of them.
func (r *renderer) accessStep(g *group) []cfg.Line {
	checks := r.checks(g)
	if g.policy.SatisfyAny && len(checks) > 1 {
		return anyOf(checks)
	}
	var out []cfg.Line
	for _, c := range checks {
		out = append(out, c.ask(cfg.And())...)
		out = append(out, c.refuse(cfg.Not(c.passed))...)
	}
	return out
}

func anyOf(checks []check) []cfg.Line {
	outside := cfg.Not(cfg.Found(cfg.Var("txn.admitted")))
	var out []cfg.Line
	for _, c := range checks {
		out = append(out, c.ask(outside)...)
		out = append(out, set("txn.admitted", cfg.Str("1")).If(cfg.And(outside, c.passed)))
	}
	return append(out, checks[len(checks)-1].refuse(outside)...)
}

// addressCheck compares networks. Where another check would do, a denylist lets nobody in, as in nginx: it only keeps out.
func (r *renderer) addressCheck(g *group, alone bool) []check {
	a := g.policy.Addresses
	if a == nil {
		a = &model.Addresses{}
	}
	lines, passed := addressRules(g)
	if len(a.Deny)+len(a.Allow)+len(passed) == 0 {
		return nil
	}
	if len(a.Deny) > 0 {
		lines = append(lines, r.ownNetworks(g, "denied", a.Deny)...)
		passed = append(passed, cfg.Not(cfg.ACL("denied")))
	}
	if len(a.Allow) > 0 {
		lines = append(lines, r.ownNetworks(g, "allowed", a.Allow)...)
		passed = append(passed, cfg.ACL("allowed"))
	} else if g.policy.SatisfyAny && len(passed) == len(a.Deny[:min(len(a.Deny), 1)]) && len(r.passwordCheck(g))+len(r.serviceCheck(g)) > 0 {
		passed = append(passed, cfg.Or())
	}
	return []check{{
		ask:    func(cfg.Cond) []cfg.Line { return lines },
		passed: cfg.And(passed...),
		refuse: func(when cfg.Cond) []cfg.Line { return r.refuse(g, 403, when) },
	}}
}

// addressRules compares with one rule after the other; the first that fits decides. Where another check would do, only
// a rule that allows lets in.
func addressRules(g *group) ([]cfg.Line, []cfg.Cond) {
	if g.policy.Rules == nil || len(g.policy.Rules.Access) == 0 {
		return nil, nil
	}
	verdict := cfg.Var("txn.address")
	var lines []cfg.Line
	for _, rule := range g.policy.Rules.Access {
		word := "deny"
		if rule.Allow {
			word = "allow"
		}
		from := cfg.And()
		if len(rule.Networks) > 0 {
			from = cfg.MatchIP(cfg.Fetch("src"), rule.Networks...)
		}
		lines = append(lines, set("txn.address", cfg.Str(word)).If(cfg.And(cfg.Not(cfg.Found(verdict)), from)))
	}
	if g.policy.SatisfyAny {
		return lines, []cfg.Cond{cfg.Match(verdict, cfg.Exact, "allow")}
	}
	return lines, []cfg.Cond{cfg.Not(cfg.Match(verdict, cfg.Exact, "deny"))}
}

// clientID is how tables of clients name an Ingress: short, and of a fixed length.
func clientID(g *group) string {
	return fmt.Sprintf("|%.16s", digest(g.ingress.Namespace+"/"+g.ingress.Name))
}
