package binary

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Why a binary can't be used; test with errors.Is.
var (
	ErrNotFound  = errors.New("HAProxy is not found")
	ErrNotRun    = errors.New("HAProxy can't be run")
	ErrTooOld    = errors.New("HAProxy is too old: 2.6 or later is needed")
	ErrNoOpenSSL = errors.New("HAProxy is built without OpenSSL")
	ErrNoPCRE2   = errors.New("HAProxy is built without PCRE2, which the regular expressions of Ingresses need")
)

// inspectTimeout bounds a binary that doesn't end by itself, since anything may be called haproxy.
const inspectTimeout = 10 * time.Second

// Version is the number of a release.
type Version struct {
	Major, Minor, Patch int
	Text                string // as the binary prints it: "2.6.12-1+deb12u4"
}

// AtLeast says that the version is major.minor or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

func (v Version) String() string { return v.Text }

// QUIC says what the binary can do with HTTP/3.
type QUIC string

const (
	NoQUIC      QUIC = "none"
	LimitedQUIC QUIC = "limited" // OpenSSL before 3.5: needs "limited-quic", no 0-RTT
	FullQUIC    QUIC = "full"
)

// Info is what a binary says of itself.
type Info struct {
	Path       string // resolved
	Version    Version
	TLSBuilt   string // library at build time: "OpenSSL 3.0.22 25 Aug 2026"
	TLSRunning string // library it runs with
	Lua        string // "5.3.6"; "" without
	PCRE2      string // "10.42 2022-12-11"
	PCRE2JIT   bool
	QUIC       QUIC
	BufSize    int             // the default of tune.bufsize
	Features   map[string]bool // "PROMEX": true
}

// Inspect runs the binary, a path or a name to be found in PATH, with -vv. It fails with one of the errors above; with
// ErrTooOld, ErrNoOpenSSL and ErrNoPCRE2 the Info is filled nevertheless.
func Inspect(ctx context.Context, path string) (Info, error) {
	resolved, err := exec.LookPath(path)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return Info{}, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, resolved, "-vv")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Info{}, fmt.Errorf("%w: %s -vv: %w", ErrNotRun, resolved, err)
	}
	info, err := parse(string(out))
	info.Path = resolved
	if err != nil {
		return info, fmt.Errorf("%s: %w", resolved, err)
	}
	return info, nil
}

func parse(text string) (Info, error) {
	info := Info{Features: map[string]bool{}, QUIC: NoQUIC}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "HAProxy version ") || strings.HasPrefix(line, "HA-Proxy version "):
			info.Version = parseVersion(strings.Fields(line)[2:])
		case name == "Feature list":
			for f := range strings.FieldsSeq(value) {
				info.Features[f[1:]] = f[0] == '+'
			}
		case name == "Built with OpenSSL version" || name == "Built with SSL library version":
			info.TLSBuilt = value
		case name == "Running on OpenSSL version" || name == "Running on SSL library version":
			info.TLSRunning = value
		case name == "Built with Lua version":
			info.Lua = strings.TrimPrefix(value, "Lua ")
		case name == "Built with PCRE2 version":
			info.PCRE2 = value
		case name == "PCRE2 library supports JIT":
			info.PCRE2JIT = strings.HasPrefix(value, "yes")
		case strings.HasPrefix(name, "bufsize = "):
			n, _, _ := strings.Cut(name[len("bufsize = "):], ",")
			info.BufSize, _ = strconv.Atoi(n)
		}
	}
	if info.Features["QUIC"] {
		info.QUIC = FullQUIC
		if info.Features["QUIC_OPENSSL_COMPAT"] {
			info.QUIC = LimitedQUIC
		}
	}
	return info, info.judge()
}

func (i Info) judge() error {
	switch {
	case i.Version.Major == 0:
		return fmt.Errorf("%w: it doesn't tell HAProxy's version", ErrNotRun)
	case !i.Version.AtLeast(2, 6):
		return fmt.Errorf("%w, this is %s", ErrTooOld, i.Version)
	case i.TLSBuilt == "" || i.TLSRunning == "":
		return ErrNoOpenSSL
	case i.PCRE2 == "":
		return ErrNoPCRE2
	default:
		return nil
	}
}

// parseVersion reads "2.6.12-1+deb12u4" or "3.3-dev2"; the zero Version when it can't.
func parseVersion(words []string) Version {
	if len(words) == 0 {
		return Version{}
	}
	v := Version{Text: words[0]}
	number, _, _ := strings.Cut(v.Text, "-")
	parts := strings.SplitN(number, ".", 3)
	into := []*int{&v.Major, &v.Minor, &v.Patch}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Version{}
		}
		*into[i] = int(n)
	}
	if len(parts) < 2 {
		return Version{}
	}
	return v
}
