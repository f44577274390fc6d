package nginx

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	curves = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "ssl-ecdh-curve", Default: "auto", Scope: dialect.Setting,
			Values: "auto, or a list of X25519, X448, P-256, P-384, P-521, prime256v1, secp384r1 and secp521r1 with colons between them",
			Doc:    "Curves that keys are exchanged on; auto: those of OpenSSL.",
		},
		Parse: parseCurves,
	}
	sessionCache = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ssl-session-cache", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "Keep TLS sessions of clients in memory, for those without a ticket. None are kept while a host asks for client certificates.",
		},
		Parse: dialect.ParseBool,
	}
	sessionCacheSize = &dialect.Key[int64]{
		Description: dialect.Description{
			Key: "ssl-session-cache-size", Values: "a size such as 10m", Default: "10m", Scope: dialect.Setting,
			Doc:     "How many TLS sessions are kept: 4000 for each megabyte, as nginx counts.",
			Support: dialect.Partial,
			Instead: "HAProxy keeps 20000 sessions where nobody says, and none while a host asks for client certificates.",
		},
		Parse: parseCacheSize,
	}
	sessionTime = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "ssl-session-timeout", Values: "a number with s, m or h", Default: "10m", Scope: dialect.Setting,
			Doc: "How long a TLS session can be resumed.",
		},
		Parse: parseUnitTime,
	}
	recordSize = &dialect.Key[int64]{
		Description: dialect.Description{
			Key: "ssl-buffer-size", Values: "a size from 512 to 16k, such as 4k", Default: "4k", Scope: dialect.Setting,
			Doc:     "The largest record of TLS that is sent.",
			Support: dialect.Partial,
			Instead: "Where nobody says, a record has up to 16k.",
		},
		Parse: parseRecord,
	}
)

var tlsSessions = &dialect.Feature{
	Name: "tls-sessions", Title: "TLS sessions and records",
	Doc:  "Of all hosts. A session counts only for the host, and the client certificates, that it was made for.",
	Keys: []dialect.Spec{curves, sessionCache, sessionCacheSize, sessionTime, recordSize},
	Global: func(p *dialect.Pass, g *model.Global) {
		g.TLS.Curves, _ = curves.Get(p)
		g.TLS.SessionTime, _ = sessionTime.Get(p)
		if size, ok := recordSize.Get(p); ok {
			g.TLS.Record = int(size)
		}
		if size, ok := sessionCacheSize.Get(p); ok {
			n := int(size * 4000 >> 20)
			g.TLS.Sessions = &n
		}
		if on, ok := sessionCache.Get(p); ok && !on {
			g.TLS.Sessions = new(int)
		}
	},
}

// parseCurves knows the names that every OpenSSL knows: HAProxy does not start with another one.
func parseCurves(s string) (string, error) {
	if s == "auto" {
		return "", nil
	}
	known := []string{"X25519", "X448", "P-256", "P-384", "P-521", "prime256v1", "secp384r1", "secp521r1"}
	for name := range strings.SplitSeq(s, ":") {
		if !slices.Contains(known, name) {
			return "", fmt.Errorf("%q is no curve that is known here", name)
		}
	}
	return s, nil
}

func parseCacheSize(s string) (int64, error) {
	n, err := parseSize(s)
	if err == nil && (n < 1<<14 || n > 1<<30) {
		err = fmt.Errorf("%s is out of range", s)
	}
	return n, err
}

func parseRecord(s string) (int64, error) {
	n, err := parseSize(s)
	if err == nil && (n < 512 || n > 16<<10) {
		err = fmt.Errorf("%s is out of range", s)
	}
	return n, err
}
