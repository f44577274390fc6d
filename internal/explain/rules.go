package explain

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// ruleRun is what statements have set while they are followed.
type ruleRun struct {
	own    map[string]string // variables
	groups map[string]string // of expressions
	target string            // the path and query that servers get instead; "": they get another one
	done   bool              // the rest of a list is left out
	ended  bool              // the statements of the route were
}

// value is that of a variable or a group; nobody has any without statements.
func (r *ruleRun) value(p model.Part) string {
	switch {
	case r == nil:
		return ""
	case p.Var == model.VarOwn:
		return r.own[p.Name]
	default:
		return r.groups[p.Name]
	}
}

// ruled runs the statements of the route, which come before the redirect to HTTPS. An expression that Go can't read ends
// it, and is named.
func (e *explainer) ruled() bool {
	rules := e.route.Policy.Rules
	if rules == nil {
		return false
	}
	e.run = &ruleRun{own: map[string]string{}, groups: map[string]string{}}
	for _, list := range [][]model.Statement{rules.First, rules.Then} {
		e.run.done = false
		answered, known := e.follow(list)
		if !known {
			e.answer.Result.Unless = append(e.answer.Result.Unless, "Rules")
			return false
		}
		if answered {
			return true
		}
	}
	e.run.ended = e.run.done
	return false
}

func (e *explainer) follow(list []model.Statement) (answered, known bool) {
	for _, s := range list {
		if e.run.done {
			break
		}
		if answered, known = e.step(s); answered || !known {
			return answered, known
		}
	}
	return false, true
}

func (e *explainer) step(s model.Statement) (answered, known bool) {
	switch {
	case s.Set != nil:
		e.run.own[s.Set.Name] = e.expand(s.Set.Value)
	case s.Stop:
		e.run.done = true
	case s.Answer != nil:
		return e.ruleAnswer(s.Answer), true
	case s.If != nil:
		held, known := e.holds(s.If.Test)
		if !held || !known {
			return false, known
		}
		return e.follow(s.If.Then)
	case s.Rewrite != nil:
		held, known := e.holds(s.Rewrite.Test)
		if !held || !known {
			return false, known
		}
		return e.ruleRewrite(s.Rewrite), true
	}
	return false, true
}

func (e *explainer) ruleAnswer(a *model.Answer) bool {
	const why = "a line of a snippet answers"
	switch {
	case a.Close:
		return e.reply(0, "a line of a snippet closes the connection")
	case a.Location != nil:
		return e.redirect(a.Status, e.expand(a.Location), why)
	default:
		return e.reply(a.Status, why)
	}
}

func (e *explainer) ruleRewrite(rw *model.PathRewrite) bool {
	if rw.Status > 0 {
		for name, value := range e.run.groups {
			if strings.HasPrefix(name, rw.Test.ID+"_") {
				e.run.groups[name] = encodePath(value)
			}
		}
		return e.redirect(rw.Status, e.expand(rw.To), "a line of a snippet redirects")
	}
	path, query := e.expandPlain(rw.To), ""
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if _, query, _ = strings.Cut(e.request.Target, "?"); rw.Drop {
		query = e.expand(rw.Query)
	}
	e.run.target = encodePath(path)
	if query != "" {
		e.run.target += "?" + query
	}
	e.run.done = true
	return false
}

// holds compares, and keeps the groups of the expression.
func (e *explainer) holds(t model.Test) (held, known bool) {
	value := e.plainValue(t.Of)
	switch t.Op {
	case model.TestSet:
		held = value != "" && value != "0"
	case model.TestEqual:
		held = value == t.Text
	case model.TestMatches:
		text := t.Text
		if t.Fold {
			text = "(?i)" + text
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return false, false
		}
		found := re.FindStringSubmatch(value)
		held = found != nil
		for _, group := range t.Groups {
			if group < len(found) {
				e.run.groups[t.ID+"_"+strconv.Itoa(group)] = found[group]
			}
		}
	}
	return held != t.Not, true
}

// refusedByRule holds where the first address rule that fits refuses the client.
func (e *explainer) refusedByRule() bool {
	rules := e.route.Policy.Rules
	if rules == nil || e.route.Policy.SatisfyAny || !e.request.Client.IsValid() {
		return false
	}
	for _, rule := range rules.Access {
		from := func(p netip.Prefix) bool { return p.Contains(e.request.Client.Unmap()) }
		if len(rule.Networks) == 0 || slices.ContainsFunc(rule.Networks, from) {
			return !rule.Allow
		}
	}
	return false
}

// ruleHeaders are what rules give to servers.
func (e *explainer) ruleHeaders(set func(name, value string)) {
	rules := e.route.Policy.Rules
	if rules == nil {
		return
	}
	for _, c := range slices.Concat(rules.Input, rules.Upstream) {
		if c.Op == model.ChangeSet && c.In == 0 && len(c.Types) == 0 {
			set(c.Name, e.expand(c.Value))
		}
	}
}
