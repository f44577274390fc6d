package render

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// statements writes statements as rules that HAProxy runs one after the other. The outcome of a test is kept in a
// variable, so that a statement that changes what was compared has no influence on those behind it.
type statements struct {
	*renderer
	done string // variable that is found when the rest is left out
}

// lines writes a list; when has the tests around it.
func (s *statements) lines(list []model.Statement, when []cfg.Cond) []cfg.Line {
	var out []cfg.Line
	stopped := false
	for _, one := range list {
		out = append(out, s.one(one, when)...)
		if stops(one) && !stopped {
			stopped = true
			when = append(slices.Clone(when), cfg.Not(cfg.Found(cfg.Var(s.done))))
		}
	}
	return out
}

// stops reports whether a statement, or one within it, may end the others without an answer.
func stops(one model.Statement) bool {
	return one.Stop || one.Rewrite != nil && one.Rewrite.Status == 0 || one.If != nil && slices.ContainsFunc(one.If.Then, stops)
}

func (s *statements) one(one model.Statement, when []cfg.Cond) []cfg.Line {
	always := append([]cfg.Cond{cfg.True(cfg.Fetch("always_true"))}, when...)
	switch {
	case one.If != nil:
		held := cfg.Found(cfg.Var(heldPrefix + one.If.Test.ID))
		out := s.test(one.If.Test, when)
		if one.If.Block > 0 {
			out = append(out, set(lastBlock, cfg.Str(strconv.Itoa(one.If.Block))).If(held))
		}
		return append(out, s.lines(one.If.Then, []cfg.Cond{held})...)
	case one.Set != nil:
		return []cfg.Line{s.setText(ownPrefix+one.Set.Name, one.Set.Value).If(cfg.And(when...))}
	case one.Answer != nil:
		return []cfg.Line{s.answer(one.Answer).If(cfg.And(always...))}
	case one.Rewrite != nil:
		return s.rewrite(one.Rewrite, when)
	case one.Stop:
		return []cfg.Line{set(s.done, cfg.Str("1")).If(cfg.And(when...))}
	default:
		panic("a statement does nothing")
	}
}

// test finds out whether a test holds, and the groups of its expression.
func (s *statements) test(t model.Test, when []cfg.Cond) []cfg.Line {
	value := cfg.Var(testPrefix + t.ID)
	of := s.setText(testPrefix+t.ID, model.Template{t.Of})
	if t.Of.Var == model.VarPath {
		of = cfg.L("http-request", cfg.Call("set-var", testPrefix+t.ID), cfg.Expr(cfg.Var("txn.path").Conv("url_dec")))
	}
	out := []cfg.Line{of.If(cfg.And(when...))}
	holds := comparison(t, value)
	if t.Not {
		holds = cfg.Not(holds)
	}
	held := set(heldPrefix+t.ID, cfg.Str("1")).If(cfg.And(append(slices.Clone(when), holds)...))
	if t.Op == model.TestMatches {
		held = held.Of(model.ExpressionRef(t.Text))
	}
	out = append(out, held)
	for _, group := range t.Groups {
		name := strconv.Itoa(group)
		text := value.Conv("regsub", `^(?s:.*?)(?:`+t.Text+`)(?s:.*)\z`, `\`+name)
		if t.Fold {
			text = value.Conv("regsub", `^(?s:.*?)(?:`+t.Text+`)(?s:.*)\z`, `\`+name, "i")
		}
		out = append(out, set(groupPrefix+t.ID+"_"+name, text).If(cfg.Found(cfg.Var(heldPrefix+t.ID))).Of(model.ExpressionRef(t.Text)))
	}
	return out
}

func comparison(t model.Test, value cfg.Sample) cfg.Cond {
	switch t.Op {
	case model.TestSet:
		return cfg.And(cfg.MatchLen(value, cfg.AtLeast(1)), cfg.Not(cfg.Match(value, cfg.Exact, "0")))
	case model.TestEqual:
		return cfg.Match(value, cfg.Exact, t.Text)
	case model.TestMatches:
		if t.Fold {
			return cfg.MatchFold(value, cfg.Regex, t.Text)
		}
		return cfg.Match(value, cfg.Regex, t.Text)
	default:
		panic(fmt.Sprintf("a test has the operation %d", t.Op))
	}
}

func (s *statements) answer(a *model.Answer) cfg.Line {
	switch {
	case a.Close:
		return cfg.L("http-request reject")
	case a.Location != nil:
		return redirect(a.Status, s.pieces(a.Location)...)
	case a.Type != "":
		return cfg.L("http-request return", status(a.Status), cfg.Opt("content-type", cfg.Word(a.Type)), cfg.Opt("lf-string", cfg.Format(s.pieces(a.Body)...)))
	case a.Page:
		return cfg.L("http-request return", status(a.Status), page(a.Status))
	default:
		return cfg.L("http-request return", status(a.Status))
	}
}

// rewrite redirects, or notes the new path for rewriteStep, which is later: what decides about a request sees the path
// that the client sent. A group that becomes a part of a URL is encoded as nginx does.
func (s *statements) rewrite(rw *model.PathRewrite, when []cfg.Cond) []cfg.Line {
	out := s.test(rw.Test, when)
	held := cfg.Found(cfg.Var(heldPrefix + rw.Test.ID))
	if rw.Status > 0 {
		for _, group := range rw.Test.Groups {
			name := groupPrefix + rw.Test.ID + "_" + strconv.Itoa(group)
			out = append(out, set(name, cfg.Var(name).Conv("lua.hawser_encode")).If(held))
		}
		return append(out, redirect(rw.Status, s.pieces(rw.To)...).If(held))
	}
	joining, path := s.joined(rw.To)
	for _, l := range joining {
		out = append(out, l.If(held))
	}
	out = append(out, set(newPath, path).If(held))
	if rw.Drop {
		out = append(out, s.setText(newQuery, rw.Query).If(held))
	}
	return append(out, set(s.done, cfg.Str("1")).If(held))
}

// newPaths reports whether a statement puts another path where one matches.
func newPaths(list []model.Statement) bool {
	return slices.ContainsFunc(list, func(one model.Statement) bool {
		return one.Rewrite != nil && one.Rewrite.Status == 0 || one.If != nil && newPaths(one.If.Then)
	})
}

// encodes reports whether statements need the Lua program.
func encodes(list []model.Statement) bool {
	return slices.ContainsFunc(list, func(one model.Statement) bool {
		return one.Rewrite != nil || one.If != nil && encodes(one.If.Then)
	})
}
