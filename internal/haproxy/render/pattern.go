package render

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// matching defines an ACL that holds when a text matches one of the patterns.
func matching(name string, sample cfg.Sample, patterns []model.Pattern) []cfg.Line {
	var parts []cfg.Cond
	for _, p := range patterns {
		method := cfg.Exact
		if p.Regex {
			method = cfg.Regex
		}
		if p.Fold {
			parts = append(parts, cfg.MatchFold(sample, method, p.Text))
		} else {
			parts = append(parts, cfg.Match(sample, method, p.Text))
		}
	}
	return cfg.Define(name, cfg.Or(parts...))
}

// digest is a text of 64 letters and digits for any other.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
