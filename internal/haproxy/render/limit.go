package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const limitTableName = "hawser-limits"

// An entry of the table of clients is allocated when it is needed, about 200 bytes (measured). The oldest makes room
// when all are taken, so that many clients cost others their memory, never their service.
const (
	limitEntries = 200_000
	limitKeyLen  = 64
)

// limitStep counts the requests of a client for all routes of the Ingress. A rate is a leaky bucket as in nginx: the
// table holds the time until which the bucket is full (gpt), in ticks that are so long that 31 bits hold any burst. A
// request that finds more than the burst ahead of it is refused and leaves the bucket as it is.
//
// Two threads that serve the same client at the same moment may both read the old time, which lets a request more
// through.
func (r *renderer) limitStep(g *group) []cfg.Line {
	l := g.policy.Limit
	if l == nil {
		return nil
	}
	out, counted := r.limitedClient(g)
	settings := r.model.Global.Limit
	for i, rate := range l.Rates {
		out = append(out, bucketLines(i, rate, counted)...)
	}
	for i, rate := range l.Rates {
		_, cost := ticks(rate)
		ahead := cfg.MatchInt(cfg.Var(indexed("txn.ahead", i)), cfg.AtLeast(int64(min(rate.Burst, maxBurst))*cost+1))
		out = append(out, r.refuse(g, cmp.Or(settings.RateStatus, 503), cfg.And(counted, ahead))...)
	}
	for i, rate := range l.Rates {
		_, cost := ticks(rate)
		until := cfg.Var(indexed("txn.now", i)).Conv("add", indexed("txn.ahead", i)).Conv("add", strconv.FormatInt(cost, 10)).Conv("and", low32)
		out = append(out, cfg.L("http-request", cfg.Call("sc-set-gpt", strconv.Itoa(i), "0"), cfg.Expr(until)).If(counted))
	}
	if l.Connections > 0 {
		busy := cfg.MatchInt(cfg.Fetch("sc_conn_cur", "0"), cfg.AtLeast(int64(l.Connections)+1))
		out = append(out, r.refuse(g, cmp.Or(settings.ConnectionStatus, 503), cfg.And(counted, busy))...)
	}
	return out
}

// limitedClient finds the entry of the client. The condition tells who is limited at all.
func (r *renderer) limitedClient(g *group) ([]cfg.Line, cfg.Cond) {
	var out []cfg.Line
	counted := cfg.And()
	if exempt := g.policy.Limit.Exempt; len(exempt) > 0 {
		out = r.ownNetworks(g, "unlimited", exempt)
		counted = cfg.Not(cfg.ACL("unlimited"))
	}
	client := cfg.Fetch("src")
	if key := r.model.Global.Limit.Key; key != nil {
		out = append(out, cfg.L("http-request", cfg.Call("set-var-fmt", "txn.client"), cfg.Format(r.pieces(key)...)))
		client = cfg.Var("txn.client").Conv("sha1").Conv("hex")
		counted = cfg.And(counted, cfg.MatchLen(cfg.Var("txn.client"), cfg.AtLeast(1)))
	}
	track := cfg.L("http-request track-sc0", cfg.Expr(client.Conv("concat", limitID(g))), cfg.Opt("table", cfg.Name(limitTableName)))
	return append(out, track.If(counted)), counted
}

// limitID names an Ingress with its rates: what was counted in ticks of another length says nothing.
func limitID(g *group) string {
	id := g.ingress.Namespace + "/" + g.ingress.Name
	for _, rate := range g.policy.Limit.Rates {
		unit, cost := ticks(rate)
		id += fmt.Sprintf("|%d|%d", unit, cost)
	}
	return fmt.Sprintf("|%.16s", digest(id))
}

// Times are told apart within 2^31 ticks, which are 10 microseconds at least: close to six hours.
const (
	low32    = "4294967295"
	half32   = 1 << 31
	maxBurst = 1_000_000 // a burst above it is the same
	maxDrain = 5 * time.Hour
)

// bucketLines read how far ahead of the clock the bucket is: 0 for a client that is new, or was away long enough.
func bucketLines(i int, rate model.Rate, counted cfg.Cond) []cfg.Line {
	unit, _ := ticks(rate)
	now, ahead := indexed("txn.now", i), indexed("txn.ahead", i)
	stored := cfg.Fetch("sc_get_gpt", strconv.Itoa(i), "0")
	idle := cfg.Or(cfg.MatchInt(stored, cfg.Eq(0)), cfg.MatchInt(cfg.Var(ahead), cfg.AtLeast(half32)))
	return []cfg.Line{
		set(now, cfg.Fetch("date", "0", "us").Conv("div", strconv.FormatInt(unit, 10))).If(counted),
		set(ahead, stored.Conv("sub", now).Conv("and", low32)).If(counted),
		set(ahead, cfg.Fetch("int", "0")).If(cfg.And(counted, idle)),
	}
}

// ticks gives the length of a tick in microseconds, and how many of them a request takes: about 1000, so that rounding
// costs no more than a thousandth, fewer for rates above 100 in a millisecond.
func ticks(rate model.Rate) (unit, cost int64) {
	each := int64(rate.Per/time.Microsecond) / int64(rate.Count)
	unit = max(10, each/1000)
	return unit, max(1, (each+unit/2)/unit)
}

func indexed(name string, i int) string { return name + strconv.Itoa(i) }

// limitTable is one for all Ingresses: a table each would have to be sized for its worst day. An entry has to live as
// long as the longest burst takes to drain, and no longer than ticks can be told apart.
func (r *renderer) limitTable() []cfg.Section {
	longest, any := 10*time.Second, false
	for _, g := range r.groups {
		if g.policy.Limit == nil {
			continue
		}
		any = true
		for _, rate := range g.policy.Limit.Rates {
			longest = max(longest, rate.Per/time.Duration(rate.Count)*time.Duration(min(rate.Burst, maxBurst)+1))
		}
	}
	if !any {
		return nil
	}
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(limitTableName), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	table := []cfg.Arg{cfg.Opt("len", cfg.Int(limitKeyLen)), cfg.Opt("size", cfg.Int(limitEntries)),
		cfg.Opt("expire", cfg.Millis(min(longest+time.Minute, maxDrain))), cfg.Kw("store gpt(2),conn_cur")}
	if r.options.Socket == "" {
		s.Add(cfg.L("stick-table type string", table...))
		return []cfg.Section{s}
	}
	s.Add(cfg.L("stick-table type string", append(table, cfg.Opt("peers", cfg.Name(peersName)))...))
	peers := cfg.Section{Header: cfg.L("peers", cfg.Name(peersName))}
	peers.Add(cfg.L("peer", cfg.Name(peersName), cfg.Word("unix@"+path.Join(path.Dir(r.options.Socket), peersSocket))))
	return []cfg.Section{peers, s}
}

// A worker that is replaced hands over the rates that it has counted to the next one, as if that were another machine (3.0
// and 3.2, measured; 2.6 has the same lines and begins anew). How many requests are being served is not handed over: those
// end with the worker that serves them (measured).
const (
	peersName   = "hawser-workers"
	peersSocket = "peers.sock"
)

// peerLines name the workers of this HAProxy.
func (r *renderer) peerLines() []cfg.Line {
	if r.options.Socket == "" || !slices.ContainsFunc(r.groups, func(g *group) bool { return g.policy.Limit != nil }) {
		return nil
	}
	return []cfg.Line{cfg.L("localpeer", cfg.Name(peersName))}
}
