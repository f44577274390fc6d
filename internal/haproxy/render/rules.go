package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// The variables of a route's rules. What a snippet calls a variable is txn.own_NAME; no text of a snippet but such a name,
// which has letters, digits and underscores only, becomes the name of anything.
const (
	ownPrefix   = "txn.own_"
	testPrefix  = "txn.test_"  // what a test compares
	heldPrefix  = "txn.held_"  // found where a test holds
	groupPrefix = "txn.group_" // a group of the expression of a test
	keptPrefix  = "txn.kept_"  // what answers say of the request
	lastBlock   = "txn.block"
	hostDone    = "txn.done_host"
	routeDone   = "txn.done_route"
	newPath     = "txn.newpath"
	newQuery    = "txn.newquery"
)

// setText puts a template into a variable; what is missing becomes the empty text.
func (r *renderer) setText(name string, t model.Template) cfg.Line {
	return cfg.L("http-request", cfg.Call("set-var-fmt", name), cfg.Format(r.pieces(t)...))
}

// hostRulesStep is the server block of nginx: before anything of the location.
func (r *renderer) hostRulesStep(g *group) []cfg.Line {
	if g.policy.Rules == nil {
		return nil
	}
	return append(r.keep(g.policy.Rules), (&statements{r, hostDone}).lines(g.policy.Rules.First, nil)...)
}

// rulesStep runs the statements of the location, then changes the request.
func (r *renderer) rulesStep(g *group) []cfg.Line {
	if g.policy.Rules == nil {
		return nil
	}
	out := (&statements{r, routeDone}).lines(g.policy.Rules.Then, nil)
	for _, c := range g.policy.Rules.Input {
		out = append(out, r.requestChange(c)...)
	}
	return out
}

// upstreamRulesStep is the content phase: what servers get.
func (r *renderer) upstreamRulesStep(g *group) []cfg.Line {
	if g.policy.Rules == nil {
		return nil
	}
	var out []cfg.Line
	for _, c := range g.policy.Rules.Upstream {
		out = append(out, r.requestChange(c)...)
	}
	return out
}

func (r *renderer) requestChange(c model.Change) []cfg.Line {
	var when []cfg.Cond
	if c.In > 0 {
		when = append(when, inBlock(c.In))
	}
	if len(c.Types) > 0 {
		when = append(when, cfg.MatchFold(cfg.Fetch("req.hdr", "content-type").Conv("field", "1", ";").Conv("rtrim", " "), cfg.Exact, c.Types...))
	}
	name := cfg.HeaderName(c.Name)
	var line cfg.Line
	switch c.Op {
	case model.ChangeClear:
		line = clearLine("http-request", c.Name)
	case model.ChangeAdd:
		line = cfg.L("http-request add-header", name, cfg.Header(r.pieces(c.Value)...))
	case model.ChangeReplace:
		when = append(when, cfg.Found(cfg.Fetch("req.fhdr", c.Name)))
		line = cfg.L("http-request set-header", name, cfg.Header(r.pieces(c.Value)...))
	case model.ChangeSet:
		line = cfg.L("http-request set-header", name, cfg.Header(r.pieces(c.Value)...))
	}
	return []cfg.Line{line.If(cfg.And(when...))}
}

func inBlock(n int) cfg.Cond { return cfg.Match(cfg.Var(lastBlock), cfg.Exact, strconv.Itoa(n)) }

func clearLine(rules string, name string) cfg.Line {
	kind := cfg.L("http-request del-header")
	if rules == "http-after-response" {
		kind = cfg.L("http-after-response del-header")
	}
	if start, many := strings.CutSuffix(name, "*"); many {
		kind.Args = append(kind.Args, cfg.HeaderName(start), cfg.Kw("-m beg"))
	} else {
		kind.Args = append(kind.Args, cfg.HeaderName(name))
	}
	return kind
}

// keep puts what answers say of the request into variables: an answer has no request any more.
func (r *renderer) keep(rules *model.Rules) []cfg.Line {
	var out []cfg.Line
	for i, c := range rules.Answer {
		for j, p := range c.Value {
			if !lasting(p) {
				out = append(out, r.setText(kept(i, j), model.Template{p}))
			}
		}
	}
	return out
}

// lasting holds for what an answer can read.
func lasting(p model.Part) bool {
	return p.Var == model.VarNone || p.Var == model.VarOwn || p.Var == model.VarGroup || p.Var == model.VarHost || p.Var == model.VarCame
}

func kept(change, part int) string {
	return keptPrefix + strconv.Itoa(change) + "_" + strconv.Itoa(part)
}

// answerRulesStep changes answers, those of other steps included.
func (r *renderer) answerRulesStep(g *group) []cfg.Line {
	if g.policy.Rules == nil {
		return nil
	}
	var out []cfg.Line
	for _, name := range g.policy.Rules.Hide {
		out = append(out, cfg.L("http-response del-header", cfg.HeaderName(name)))
	}
	for i, c := range g.policy.Rules.Answer {
		out = append(out, r.answerChange(i, c))
	}
	return out
}

func (r *renderer) answerChange(number int, c model.Change) cfg.Line {
	var when []cfg.Cond
	if c.In > 0 {
		when = append(when, inBlock(c.In))
	}
	for _, block := range c.NotIn {
		when = append(when, cfg.Not(inBlock(block)))
	}
	if len(c.Statuses) > 0 {
		var ranges []cfg.Range
		for _, status := range c.Statuses {
			ranges = append(ranges, cfg.Eq(int64(status)))
		}
		when = append(when, cfg.MatchInt(cfg.Fetch("status"), ranges...))
	}
	if len(c.Types) > 0 {
		when = append(when, cfg.MatchFold(cfg.Fetch("res.hdr", "content-type").Conv("field", "1", ";").Conv("rtrim", " "), cfg.Exact, c.Types...))
	}
	var pieces []cfg.Piece
	for j, p := range c.Value {
		switch {
		case p.Var == model.VarNone:
			pieces = append(pieces, cfg.Text(p.Text))
		case lasting(p):
			pieces = append(pieces, cfg.Print(r.sample(p)))
		default:
			pieces = append(pieces, cfg.Print(cfg.Var(kept(number, j))))
		}
	}
	if len(c.Value) == 1 && c.Value[0].Var != model.VarNone && c.Op == model.ChangeAdd {
		name := kept(number, 0)
		if lasting(c.Value[0]) {
			when = append(when, cfg.MatchLen(r.sample(c.Value[0]), cfg.AtLeast(1)))
		} else {
			when = append(when, cfg.MatchLen(cfg.Var(name), cfg.AtLeast(1))) // an empty value is not added
		}
	}
	switch c.Op {
	case model.ChangeClear:
		return clearLine("http-after-response", c.Name).If(cfg.And(when...))
	case model.ChangeAdd:
		return cfg.L("http-after-response add-header", cfg.HeaderName(c.Name), cfg.Header(pieces...)).If(cfg.And(when...))
	default:
		return cfg.L("http-after-response set-header", cfg.HeaderName(c.Name), cfg.Header(pieces...)).If(cfg.And(when...))
	}
}

// lastStep answers what nothing else answered, where no server is asked.
func (r *renderer) lastStep(g *group) []cfg.Line {
	a, ok := g.action.(model.Respond)
	if !ok {
		return nil
	}
	return []cfg.Line{respond(a.Status, cfg.True(cfg.Fetch("always_true")))}
}

// compressionStep compresses the answers of the route.
func (r *renderer) compressionStep(g *group) []cfg.Line {
	c := g.policy.Compression
	if c == nil || r.model.Global.Compression != nil {
		return nil
	}
	var out []cfg.Line
	if r.counts(g) || g.policy.Bandwidth != nil {
		out = append(out, cfg.L("filter compression")) // HAProxy wants to be told where it is among other filters
	}
	out = append(out, cfg.L("compression algo gzip"))
	for _, t := range c.Types {
		out = append(out, cfg.L("compression type", cfg.Word(t)))
	}
	return out
}

func cameVariable(header string) string { return "txn.came_" + strings.ReplaceAll(header, "-", "_") }

// cameRules keep what clients send, for rules that ask for it, before the controller replaces it.
func (r *renderer) cameRules() []cfg.Line { return r.findOut().came }

func (r *renderer) cameOf() []cfg.Line {
	known := map[string]bool{}
	for _, g := range r.groups {
		for _, name := range model.Came(g.policy) {
			known[name] = true
		}
	}
	var out []cfg.Line
	for _, name := range slices.Sorted(maps.Keys(known)) {
		out = append(out, set(cameVariable(name), cfg.Fetch("req.fhdr", name)))
	}
	return out
}
