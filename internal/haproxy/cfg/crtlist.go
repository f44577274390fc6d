package cfg

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CrtOption is a setting in the brackets of a crt-list line (manual 5.1, crt-list): CrtOpt("verify", "required").
type CrtOption struct {
	name   keyword
	values []string
}

// CrtOpt makes a setting; its values are checked by NewCrtEntry.
func CrtOpt(name keyword, values ...string) CrtOption { return CrtOption{name, values} }

// CrtEntry is one line of a crt-list. The format has no quoting, so an entry exists only if every part fits.
type CrtEntry struct {
	file    string
	options []string // words between the brackets
	names   []string
	line    string
}

// NewCrtEntry makes a line of a certificate file, its settings and the names it is for. A name may begin with "*." or
// "!"; without names, those of the certificate count.
func NewCrtEntry(file string, options []CrtOption, names []string) (CrtEntry, error) {
	if !isPlain(file) {
		return CrtEntry{}, errors.New("a crt-list can't carry the name of the certificate file")
	}
	words := []string{file}
	var optionWords []string
	if len(options) > 0 {
		var err error
		if optionWords, err = crtOptions(options); err != nil {
			return CrtEntry{}, err
		}
		words = append(words, "["+strings.Join(optionWords, " ")+"]")
	}
	for _, n := range names {
		if !isCrtName(n) {
			return CrtEntry{}, fmt.Errorf("a crt-list can't carry the server name %q", n)
		}
		words = append(words, n)
	}
	line := strings.Join(words, " ")
	if len(line) > maxCrtLine || len(words) > maxCrtWords {
		return CrtEntry{}, errors.New("a certificate has more server names than a crt-list line holds")
	}
	return CrtEntry{file, optionWords, slices.Clone(names), line}, nil
}

// HAProxy reads at most 65536 bytes and 2048 words of a line, but the runtime socket takes and shows no more than
// tune.bufsize (16384 by default) of it. More names go into a second entry of the same certificate.
const (
	maxCrtLine  = 15000
	maxCrtWords = 1900
)

// File is the name of the certificate file.
func (e CrtEntry) File() string { return e.file }

// Options are the words of the settings.
func (e CrtEntry) Options() []string { return e.options }

// Names are the server names that the entry is for.
func (e CrtEntry) Names() []string { return e.names }

// String is the line, as the runtime command "add ssl crt-list" takes it too.
func (e CrtEntry) String() string { return e.line }

// For is the same entry for other names; false if a line can't hold them. They come from entries, so they fit each by itself.
func (e CrtEntry) For(names []string) (CrtEntry, bool) {
	line := e.file
	if len(e.options) > 0 {
		line += " [" + strings.Join(e.options, " ") + "]"
	}
	line += " " + strings.Join(names, " ")
	if len(line) > maxCrtLine || 2+len(e.options)+len(names) > maxCrtWords {
		return CrtEntry{}, false
	}
	return CrtEntry{e.file, e.options, names, line}, true
}

// CrtList writes entries in the given order: the first one of a bind line is the default certificate. The zero entry is
// none and is left out.
func CrtList(entries []CrtEntry) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		if e.line == "" {
			continue
		}
		b.WriteString(e.line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func crtOptions(options []CrtOption) ([]string, error) {
	var words []string
	for _, o := range options {
		if !isName(string(o.name)) {
			return nil, fmt.Errorf("a crt-list has no setting %q", string(o.name))
		}
		words = append(words, string(o.name))
		for _, v := range o.values {
			if !isCrtValue(v) {
				return nil, fmt.Errorf("a crt-list can't carry the value of %s", string(o.name))
			}
			words = append(words, v)
		}
	}
	return words, nil
}

// isCrtValue allows lists of ciphers, protocols, curves and file names.
func isCrtValue(s string) bool { return isMadeOf(s, "-_./:,@+=!") }

func isCrtName(s string) bool {
	s = strings.TrimPrefix(s, "!")
	if s == "*" {
		return true
	}
	s = strings.TrimPrefix(s, "*.")
	return isName(s) && !strings.Contains(s, ":")
}
