package cfg

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// keyword is text that only this package's callers' source code can hold: constants convert to it, variables don't.
type keyword string

// Arg is one argument of a line, already written; a keyword or an Opt may be several words.
type Arg struct {
	text string
	n    int  // words
	head bool // may start a line
	err  error
}

// Kw is one or more bare words of HAProxy's own, separated by single spaces: "check inter".
func Kw(k keyword) Arg {
	words := strings.Split(string(k), " ")
	for _, w := range words {
		if !isKeyword(w) {
			return Arg{err: fmt.Errorf("has the keyword %q, which is none of HAProxy's", string(k))}
		}
	}
	return Arg{text: string(k), n: len(words), head: isAlnum(k[0]) || k[0] == '.'}
}

// isKeyword allows what HAProxy's keywords and constant values consist of, and nothing that quoting, comments,
// conditions or log-formats give a meaning.
func isKeyword(s string) bool { return isMadeOf(s, "-_./:,@+=!*()~") }

// Word is any text as one word.
func Word(s string) Arg {
	switch {
	case s == "":
		return Arg{err: errEmpty}
	case hasNUL(s):
		return Arg{err: errNUL}
	}
	return Arg{text: quoteWord(s), n: 1}
}

// Name is a word that HAProxy accepts as the name of a proxy, server or ACL: letters, digits and - _ . : only.
func Name(s string) Arg {
	if !isName(s) {
		return Arg{err: errors.New("is no name: only letters, digits and - _ . : are allowed")}
	}
	return Arg{text: s, n: 1}
}

// HeaderName is a word that is the name of a header, a token of RFC 9110 5.6.2; HAProxy sends any other text as it is.
func HeaderName(s string) Arg {
	if !isMadeOf(s, "!#$%&'*+-.^_`|~") {
		return Arg{err: errors.New("is no header name")}
	}
	return Word(s)
}

// Int is a decimal number.
func Int(n int) Arg { return Arg{text: strconv.Itoa(n), n: 1} }

// Bytes is a size in bytes.
func Bytes(n int64) Arg {
	if n < 0 {
		return Arg{err: errors.New("is a negative size")}
	}
	return Arg{text: strconv.FormatInt(n, 10), n: 1}
}

// Millis is a time with a precision of milliseconds. It rounds up, because most directives read 0 as "no limit"; what
// HAProxy's 31 bits of milliseconds (24.8 days) can't hold is refused.
func Millis(d time.Duration) Arg {
	if d < 0 {
		return Arg{err: errors.New("is a negative time")}
	}
	ms := d / time.Millisecond
	if d%time.Millisecond > 0 {
		ms++
	}
	switch {
	case ms > math.MaxInt32:
		return Arg{err: errors.New("is a time over 24 days, which HAProxy can't hold")}
	case ms%1000 == 0:
		return Arg{text: strconv.FormatInt(int64(ms/1000), 10) + "s", n: 1}
	}
	return Arg{text: strconv.FormatInt(int64(ms), 10) + "ms", n: 1}
}

// Addr is an address with its port; IPv6 is written in brackets.
func Addr(a netip.AddrPort) Arg {
	if !a.IsValid() {
		return Arg{err: errors.New("is no address")}
	}
	return Word(a.String())
}

// Opt is an option with its values as one argument: Opt("maxconn", Int(5)).
func Opt(k keyword, values ...Arg) Arg {
	out := Kw(k)
	for _, v := range values {
		if err := v.check(); err != nil && out.err == nil {
			out.err = err
		}
		out.text += " " + v.text
		out.n += v.n
	}
	return out
}

// Call is a keyword with parameters that HAProxy reads without quotes, such as set-var(txn.a) or set-map(/run/a.map).
// Parameters are refused if they have other characters than letters, digits and - _ . / : @ + =.
func Call(k keyword, params ...string) Arg {
	out := Kw(k)
	for _, p := range params {
		if !isPlain(p) {
			return Arg{err: fmt.Errorf("has a parameter that %s can't carry", string(k))}
		}
	}
	out.text += "(" + strings.Join(params, ",") + ")"
	return out
}

func (a Arg) check() error {
	if a.err != nil {
		return a.err
	}
	if a.n == 0 {
		return errEmpty
	}
	return nil
}
