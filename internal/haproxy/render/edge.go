package render

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// tlsLines are the settings of every handshake.
func (r *renderer) tlsLines() []cfg.Line {
	t := r.model.Global.TLS
	options := cfg.L("ssl-default-bind-options", versionArg(t.Min, minVersions()))
	if t.Max != model.TLSDefault && t.Max != model.TLS13 {
		options.Args = append(options.Args, versionArg(t.Max, maxVersions()))
	}
	ciphers := t.Ciphers
	if ciphers == "" {
		ciphers = tlsCiphers
	}
	out := []cfg.Line{options, cfg.L("ssl-default-bind-ciphers", cfg.Word(ciphers))}
	if t.Curves != "" {
		out = append(out, cfg.L("ssl-default-bind-curves", cfg.Word(t.Curves)))
	}
	if r.policies.asks {
		out = append(out, cfg.L("tune.ssl.cachesize", cfg.Int(0))) // what is in the cache can't be taken out at run time
	} else if t.Sessions != nil {
		out = append(out, cfg.L("tune.ssl.cachesize", cfg.Int(*t.Sessions)))
	}
	if t.Record > 0 {
		out = append(out, cfg.L("tune.ssl.maxrecord", cfg.Int(t.Record)))
	}
	if t.Streams > 0 {
		out = append(out, cfg.L("tune.h2.max-concurrent-streams", cfg.Int(t.Streams)))
	}
	if c := r.model.Global.Compression; c != nil && c.Level > 0 {
		out = append(out, cfg.L("tune.comp.maxlevel", cfg.Int(c.Level)))
	}
	return out
}

// sessionLifetime is how many seconds a TLS session can be resumed.
func (r *renderer) sessionLifetime() int {
	if d := r.model.Global.TLS.SessionTime; d > 0 {
		return max(int(d.Seconds()), 1)
	}
	return sessionLifetime
}

// requestCountRules close a connection of a client after a number of requests; one that changes its protocol stays.
func (r *renderer) requestCountRules() []cfg.Line {
	n := r.model.Global.Requests
	if n == 0 {
		return nil
	}
	requests := cfg.Fetch("var", "sess.requests", "0")
	return []cfg.Line{
		set("sess.requests", requests.Conv("add", "1")),
		cfg.L("http-after-response set-header", cfg.HeaderName("Connection"), cfg.Header(cfg.Text("close"))).
			If(cfg.And(cfg.MatchInt(requests, cfg.AtLeast(int64(n))), cfg.Not(cfg.MatchInt(cfg.Fetch("status"), cfg.Eq(101))))),
	}
}

func minVersions() map[model.TLSVersion]cfg.Arg {
	return map[model.TLSVersion]cfg.Arg{
		model.TLSDefault: cfg.Kw("ssl-min-ver TLSv1.2"), model.TLS10: cfg.Kw("ssl-min-ver TLSv1.0"), model.TLS11: cfg.Kw("ssl-min-ver TLSv1.1"),
		model.TLS12: cfg.Kw("ssl-min-ver TLSv1.2"), model.TLS13: cfg.Kw("ssl-min-ver TLSv1.3"),
	}
}

func maxVersions() map[model.TLSVersion]cfg.Arg {
	return map[model.TLSVersion]cfg.Arg{
		model.TLS10: cfg.Kw("ssl-max-ver TLSv1.0"), model.TLS11: cfg.Kw("ssl-max-ver TLSv1.1"), model.TLS12: cfg.Kw("ssl-max-ver TLSv1.2"),
	}
}

func versionArg(v model.TLSVersion, words map[model.TLSVersion]cfg.Arg) cfg.Arg { return words[v] }

// secureArgs are the words of a port of HTTPS.
func (r *renderer) secureArgs() []cfg.Arg {
	out := []cfg.Arg{cfg.Kw("ssl"), cfg.Opt("crt-list", cfg.Word(crtListFile))}
	if r.model.Global.TLS.HTTP1 {
		out = append(out, cfg.Kw("alpn http/1.1 ca-ignore-err all crt-ignore-err all"))
	} else {
		out = append(out, cfg.Kw("alpn h2,http/1.1 ca-ignore-err all crt-ignore-err all"))
	}
	if r.policies.asks {
		out = append(out, cfg.Opt("tls-ticket-keys", cfg.Word(r.bundle.Trust.Tickets)))
	}
	if r.model.Global.TLS.Strict {
		out = append(out, cfg.Kw("strict-sni"))
	}
	return out
}

// compressionLines compress what every host answers.
func (r *renderer) compressionLines() []cfg.Line {
	c := r.model.Global.Compression
	if c == nil {
		return nil
	}
	out := []cfg.Line{cfg.L("compression algo gzip")}
	for _, t := range c.Types {
		out = append(out, cfg.L("compression type", cfg.Word(t)))
	}
	return out
}

// poolArgs are the words of a server that say how its connections are kept, twice: as arguments, and for commands.
func (r *renderer) poolArgs() ([]cfg.Arg, []string) {
	p := r.model.Global.Pool
	var args []cfg.Arg
	var words []string
	if p.Idle != nil {
		args = append(args, cfg.Opt("pool-max-conn", cfg.Int(*p.Idle)))
		words = append(words, "pool-max-conn", strconv.Itoa(*p.Idle))
	}
	if p.Requests != nil {
		args = append(args, cfg.Opt("max-reuse", cfg.Int(*p.Requests-1)))
		words = append(words, "max-reuse", strconv.Itoa(*p.Requests-1))
	}
	if p.Timeout != nil {
		ms := int(p.Timeout.Milliseconds())
		args = append(args, cfg.Opt("pool-purge-delay", cfg.Int(ms)))
		words = append(words, "pool-purge-delay", strconv.Itoa(ms))
	}
	return args, words
}

// connectionStep says whether a server may keep the connection. What else it would be for is lost.
func (r *renderer) connectionStep(g *group) []cfg.Line {
	switch g.policy.Connection {
	case "":
		return nil
	case "close":
		return []cfg.Line{cfg.L("http-request del-header", cfg.Word("Upgrade")), setHeader("Connection", cfg.Text("close"))}
	default:
		return []cfg.Line{cfg.L("http-request del-header", cfg.Word("Upgrade")), setHeader("Connection", cfg.Text("keep-alive"))}
	}
}
