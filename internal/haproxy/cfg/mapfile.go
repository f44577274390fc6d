package cfg

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
)

// maxFileLine is the longest line of a map or pattern file. HAProxy reads such files through a buffer of tune.bufsize
// (16384 by default) and takes the rest of a longer line for a new one, so bufsize must not be set lower.
const maxFileLine = 16000

// MapKey is text that can be the key of a map file and of the runtime commands on it: not empty, no blank or control
// character that would end it, no # at its beginning, which would make it a comment.
type MapKey struct{ s string }

// MapValue is text that can be the value of a map file: it has no line end, and no blank at either end, which HAProxy
// would trim. It may be empty.
type MapValue struct{ s string }

// MapEntry is one line of a map file.
type MapEntry struct {
	Key   MapKey
	Value MapValue
}

// NewMapKey refuses what HAProxy would read as another key.
func NewMapKey(s string) (MapKey, error) {
	switch {
	case s == "":
		return MapKey{}, errors.New("a map key can't be empty")
	case strings.ContainsAny(s, " \t\r\n\x00"):
		return MapKey{}, errors.New("a map key can't hold blanks, line ends or NUL")
	case s[0] == '#':
		return MapKey{}, errors.New("a map key can't begin with #")
	case len(s) > maxFileLine/2:
		return MapKey{}, errors.New("a map key is too long for HAProxy")
	}
	return MapKey{s}, nil
}

// NewMapValue refuses what HAProxy would read as another value.
func NewMapValue(s string) (MapValue, error) {
	switch {
	case strings.ContainsAny(s, "\r\n\x00"):
		return MapValue{}, errors.New("a map value can't hold line ends or NUL")
	case strings.Trim(s, " \t") != s:
		return MapValue{}, errors.New("a map value can't begin or end with a blank")
	case len(s) > maxFileLine/2:
		return MapValue{}, errors.New("a map value is too long for HAProxy")
	}
	return MapValue{s}, nil
}

func (k MapKey) String() string { return k.s }

func (v MapValue) String() string { return v.s }

// MapFile writes entries in the given order, which is the order of comparison for regular expressions. The zero key is
// none and is left out.
func MapFile(entries []MapEntry) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		if e.Key.s == "" {
			continue
		}
		b.WriteString(e.Key.s)
		b.WriteByte(' ')
		b.WriteString(e.Value.s)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// PatternFile writes a file for MatchFile. The zero key is none and is left out.
func PatternFile(patterns []MapKey) []byte {
	var b bytes.Buffer
	for _, p := range patterns {
		if p.s == "" {
			continue
		}
		b.WriteString(p.s)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// NetworkFile writes a file for MatchIPFile; a network that is none is left out, as it contains no address.
func NetworkFile(networks []netip.Prefix) []byte {
	var b bytes.Buffer
	for _, n := range networks {
		if n.IsValid() {
			b.WriteString(n.String())
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
