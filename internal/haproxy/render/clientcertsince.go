package render

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	authorityMap = "maps/client-cert-authority.map" // host key -> Secret of its CAs
	sinceMap     = "maps/client-cert-since.map"     // Secret -> first number of a connection that counts
	nowMap       = "maps/client-cert-now.map"       // haproxy.TrustNow -> number of a connection that is accepted
	ticketFile   = "tickets.keys"
	numberVar    = "sess.number"
)

// A connection is numbered when it is accepted, before its handshake begins. A change of client CAs or revocation lists
// at run time raises what counts first, then changes them, then the number of new connections: so a certificate that
// counts was verified by a handshake that began when the change was done, or the session of such a one.
var (
	number  = cfg.Var(numberVar)
	fresh   = cfg.MatchInt(number.Conv("sub", "txn.since"), cfg.AtLeast(0)) // false, too, when either is not known
	changed = cfg.MatchInt(cfg.Var("txn.since"), cfg.AtLeast(haproxy.TrustBegin+1))
	resumed = cfg.True(cfg.Fetch("ssl_fc_is_resumed"))
)

// trust names the tables for changes of CAs and revocation lists.
func (r *renderer) trust() {
	if !r.policies.asks {
		return
	}
	r.bundle.Trust = haproxy.Trust{Now: nowMap, Since: sinceMap, Tickets: ticketFile}
	r.bundle.Maps[authorityMap], r.bundle.Maps[sinceMap], r.bundle.Maps[nowMap] = nil, nil, nil
	begin := strconv.Itoa(haproxy.TrustBegin)
	r.addEntry(nowMap, r.model.Hosts[0], haproxy.TrustNow, begin)
	known := map[string]bool{}
	for _, h := range r.model.Hosts {
		if c := h.ClientCert; verifies(c) && !known[c.CA.ID] {
			known[c.CA.ID] = true
			r.addEntry(sinceMap, h, c.CA.ID, begin)
		}
	}
}

// authority says whose changes a host has to do with.
func (r *renderer) authority(h *model.Host, c *model.ClientCert, key string) {
	if verifies(c) {
		r.addEntry(authorityMap, h, key, c.CA.ID)
	}
}

// numberRules come first of all that is done with a connection.
func (r *renderer) numberRules(p port) []cfg.Line {
	if p == plain || !r.policies.asks {
		return nil
	}
	return []cfg.Line{cfg.L("tcp-request connection", cfg.Call("set-var", numberVar), cfg.Expr(present()))}
}

func present() cfg.Sample { return cfg.Str(haproxy.TrustNow).Conv("map_str_int", nowMap) }

// sinceRules refuse certificates from before the last change of the host's authority. A host that does not ask tells its
// servers what a connection for another host is worth; that counts if nothing has changed since.
//
// A connection of HTTP/1 that was in use is closed without an answer where the request may be sent again: clients do that
// by themselves, as they do when a server ends an idle connection. Others are told by 421 that nothing was done.
func (r *renderer) sinceRules() []cfg.Line {
	if !r.policies.asks {
		return nil
	}
	strange := cfg.And(modes("off"), sent)
	again := cfg.And(cfg.Not(cfg.True(cfg.Fetch("http_first_req"))), cfg.Not(cfg.Match(cfg.Fetch("req.ver"), cfg.Exact, "2.0")))
	return []cfg.Line{
		set("txn.authority", cfg.Var("txn.key").Conv("map", authorityMap)).If(asking),
		set("txn.since", cfg.Var("txn.authority").Conv("map_str_int", sinceMap)).If(asking),
		set("txn.since", present()).If(strange),
		cfg.L("http-request reject").If(cfg.And(asking, sent, cfg.Not(fresh), again, cfg.Match(cfg.Fetch("method"), cfg.Exact, "GET", "HEAD"))),
		misdirected(cfg.And(asking, sent, cfg.Not(fresh))),
		misdirected(cfg.And(strange, cfg.Not(fresh))),
		misdirected(cfg.And(strange, changed, resumed)),
	}
}
