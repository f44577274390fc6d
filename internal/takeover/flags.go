package takeover

import (
	"slices"
	"strconv"
	"strings"
)

// form says whether the word behind a flag belongs to it.
type form bool

const (
	boolean form = false
	valued  form = true
)

// flag is the last value that is given for a flag.
func flag(words []string, name string, f form) (value string, given bool) {
	for n := 0; n < len(words); n++ {
		switch rest, ok := strings.CutPrefix(words[n], "--"+name); {
		case !ok:
		case strings.HasPrefix(rest, "="):
			value, given = rest[1:], true
		case rest == "" && f == boolean:
			value, given = "true", true
		case rest == "" && n+1 < len(words):
			n++
			value, given = words[n], true
		}
	}
	return value, given
}

// on is the value of a boolean flag; what does not parse counts as not given, for the program would not have started.
func on(words []string, name string, otherwise bool) bool {
	text, given := flag(words, name, boolean)
	value, err := strconv.ParseBool(text)
	if !given || err != nil {
		return otherwise
	}
	return value
}

// without takes a flag away; taken are the words that it was made of.
func without(words []string, name string, f form) (rest, taken []string) {
	for n := 0; n < len(words); n++ {
		switch {
		case strings.HasPrefix(words[n], "--"+name+"="):
			taken = append(taken, words[n])
		case words[n] == "--"+name && f == valued && n+1 < len(words):
			taken = append(taken, words[n], words[n+1])
			n++
		case words[n] == "--"+name:
			taken = append(taken, words[n])
		default:
			rest = append(rest, words[n])
		}
	}
	return rest, taken
}

// Edit changes the flags of a container, whatever its other arguments have become meanwhile.
type Edit struct {
	Container string              `json:"container"`
	Flags     map[string][]string `json:"flags"` // by name: the words to have instead; none takes the flag away
	// Exact are the arguments to have if those that Edited left behind are still there, so that a rollback is exact.
	Exact  []string `json:"exact,omitempty"`
	Edited []string `json:"edited,omitempty"`
}

// forms of the flags that are edited here.
func formOf(name string) form {
	return form(name == "publish-service" || name == "publish-status-address")
}

// apply gives the arguments as the edit wants them.
func (e Edit) apply(args []string) []string {
	if e.Edited != nil && slices.Equal(args, e.Edited) {
		return e.Exact
	}
	out := slices.Clone(args)
	for _, name := range sorted(e.Flags) {
		rest, taken := without(out, name, formOf(name))
		if !slices.Equal(taken, e.Flags[name]) {
			out = append(rest, e.Flags[name]...)
		}
	}
	return out
}

// reverse is the edit that undoes e where args are the arguments before it.
func (e Edit) reverse(args []string) Edit {
	back := Edit{Container: e.Container, Flags: map[string][]string{}, Exact: slices.Clone(args), Edited: e.apply(args)}
	for name := range e.Flags {
		_, back.Flags[name] = without(args, name, formOf(name))
	}
	return back
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
