package render

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	hostMap     = "maps/host.map"     // name of a host -> key of the host
	wildcardMap = "maps/wildcard.map" // ".example.com" -> key of the host
	catchAll    = "*"                 // key of the catch-all: no name of a host is a star
)

// key is how maps name a host.
func key(h model.Hostname) string {
	if h == "" {
		return catchAll
	}
	return string(h)
}

// safe writes text of any kind with letters, digits, "." and "-" only, so that different texts stay different. What is
// longer than a name of Kubernetes can be is cut, with a digest in place of the rest.
func safe(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	if b.Len() > maxName {
		return fmt.Sprintf("%s_%x", b.String()[:maxName-65], sha256.Sum256([]byte(s)))
	}
	return b.String()
}

const maxName = 253

func (r *renderer) hostMaps(hosts []*model.Host) {
	for _, h := range hosts {
		switch {
		case h.Name == "":
		case h.Name.Wildcard():
			r.addEntry(wildcardMap, h, h.Name.Suffix(), key(h.Name))
		default:
			r.addEntry(hostMap, h, string(h.Name), key(h.Name))
		}
	}
}

// addEntry puts a line into a map.
func (r *renderer) addEntry(file string, h *model.Host, k, v string) {
	r.bundle.Maps[file] = append(r.bundle.Maps[file], r.entry(h.Origins[0], k, v))
}

// entry is a line of a map; if it can't be one, the object is at fault.
func (r *renderer) entry(object issue.Ref, k, v string) cfg.MapEntry {
	entryKey, err := cfg.NewMapKey(k)
	r.fail(object, err)
	value, err := cfg.NewMapValue(v)
	r.fail(object, err)
	return cfg.MapEntry{Key: entryKey, Value: value}
}

// nameRules find the host: lower case, without port and trailing dot, as nginx reads Host. req.fhdr does not split at
// commas, so a Host with one is a name that nobody has.
func (r *renderer) nameRules() []cfg.Line {
	host := cfg.Var("txn.host")
	// only a name that nobody has can be malformed or missing
	unknown := cfg.Match(cfg.Var("txn.key"), cfg.Exact, catchAll)
	named := cfg.MatchLen(cfg.Fetch("req.fhdr", "host"), cfg.AtLeast(1))
	out := []cfg.Line{set("txn.host", cfg.Fetch("req.fhdr", "host").Conv("field", "1", ":").Conv("rtrim", ".").Conv("lower"))}
	out = append(out, r.lookupRules(host, "txn.key", "txn.alias")...)
	return append(out,
		set("txn.key", cfg.Str(catchAll)).Unless(cfg.Found(cfg.Var("txn.key"))),
		respond(400, cfg.And(unknown, cfg.Not(named), cfg.Not(cfg.Match(cfg.Fetch("req.ver"), cfg.Exact, "1.0")))),
		respond(400, cfg.And(unknown, cfg.Match(cfg.Fetch("req.fhdr", "host"), cfg.Regex, `[\x00-\x20/\\\x7f]`))),
	)
}

// parent cuts the first label off: a wildcard stands for exactly one. What is no label stays, so that it is no name of
// a wildcard.
func parent(name cfg.Sample) cfg.Sample { return name.Conv("regsub", "^[a-z0-9_-]+", "") }
