package model

import (
	"fmt"
	"strings"
)

// Hostname is a lower-case DNS name, a wildcard of one ("*.example.com", one label), or "" for the catch-all.
type Hostname string

// ParseHostname checks and lower-cases a host of an Ingress.
// A name has labels of 1 to 63 letters, digits, "-" and "_", and at most 253 characters (RFC 1123, RFC 2782 names).
func ParseHostname(s string) (Hostname, error) {
	if s == "" {
		return "", nil
	}
	name := strings.ToLower(s)
	rest := strings.TrimPrefix(name, "*.")
	if len(name) > 253 {
		return "", fmt.Errorf("host %q is longer than 253 characters", s)
	}
	for label := range strings.SplitSeq(rest, ".") {
		if !validLabel(label) {
			return "", fmt.Errorf("host %q is neither a DNS name nor a wildcard of one", s)
		}
	}
	return Hostname(name), nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 {
		return false
	}
	for _, c := range []byte(label) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// Wildcard reports whether the name stands for one more label in front.
func (h Hostname) Wildcard() bool { return strings.HasPrefix(string(h), "*.") }

// Suffix is the part of a wildcard behind the star: ".example.com".
func (h Hostname) Suffix() string { return strings.TrimPrefix(string(h), "*") }

// Matches reports whether a request for name (lower case, no port) belongs to the host, the catch-all aside.
func (h Hostname) Matches(name string) bool {
	if !h.Wildcard() {
		return string(h) == name
	}
	label, ok := strings.CutSuffix(name, h.Suffix())
	return ok && label != "" && !strings.Contains(label, ".")
}

// String gives "*" for the catch-all.
func (h Hostname) String() string {
	if h == "" {
		return "*"
	}
	return string(h)
}
