package runtime

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// Command is one line for HAProxy, with its payload and the test of its reply. Values come from the functions of
// this package; the zero Command is refused.
type Command struct {
	words   []string // not escaped yet
	payload []byte   // nil: none
	secret  bool     // the last word is not to be printed
	confirm func(reply string) bool
}

// String is the command as a log may show it: without payload and without secrets.
func (c Command) String() string {
	words := c.words
	if c.secret && len(words) > 0 {
		words = append(append([]string(nil), words[:len(words)-1]...), "***")
	}
	s := strings.Join(words, " ")
	if c.payload != nil {
		s += fmt.Sprintf(" <<%d bytes", len(c.payload))
	}
	return s
}

func (c Command) check(reply string) error {
	if c.confirm(reply) {
		return nil
	}
	return &CommandError{Verb: c.Verb(), Command: c.String(), Reply: shorten(reply), Kind: kindOf(reply)}
}

// command builds one from words; silence is its success unless the caller sets another test.
func command(words ...string) Command {
	return Command{words: words, confirm: silent}
}

func (c Command) with(payload []byte) Command {
	c.payload = append([]byte{}, payload...) // never nil: an empty one is refused, not left out
	return c
}

func (c Command) confirmedBy(f func(string) bool) Command {
	c.confirm = f
	return c
}

func silent(reply string) bool { return strings.TrimSpace(reply) == "" }

// answer accepts any reply that isn't one of HAProxy's refusals; the parser judges the rest.
func answer(reply string) bool { return kindOf(reply) == ErrRefused }

// says accepts a reply that has each of the parts, and for every part of a path or name that it is this one's.
func says(parts ...string) func(string) bool {
	return func(reply string) bool {
		for _, p := range parts {
			if !strings.Contains(reply, p) {
				return false
			}
		}
		return true
	}
}

// encode gives the bytes of the command, or says why there are none.
func (c Command) encode(bufSize int) ([]byte, error) {
	if len(c.words) == 0 || c.confirm == nil {
		return nil, fmt.Errorf("empty command: %w", ErrUnsendable)
	}
	var b bytes.Buffer
	for i, w := range c.words {
		if i > 0 {
			b.WriteByte(' ')
		}
		word, err := cfg.CLIWord(w)
		if err != nil {
			return nil, fmt.Errorf("%s: word %d: %w: %w", c, i+1, ErrUnsendable, err)
		}
		b.WriteString(word)
	}
	if c.payload != nil {
		if err := checkPayload(c.payload); err != nil {
			return nil, fmt.Errorf("%s: payload: %w", c, err)
		}
		b.WriteString(" <<\n")
		b.Write(c.payload)
		b.WriteByte('\n')
	}
	if c.payload == nil || c.payload[len(c.payload)-1] != '\n' {
		b.WriteByte('\n')
	}
	if b.Len() >= bufSize {
		return nil, fmt.Errorf("%s: %d bytes do not fit HAProxy's buffer of %d (tune.bufsize): %w", c, b.Len(), bufSize, ErrUnsendable)
	}
	return b.Bytes(), nil
}

// checkPayload refuses what would end a payload early: everything after an empty line would be executed as commands
// of an administrator by 2.6 (measured).
func checkPayload(p []byte) error {
	if len(p) == 0 {
		return fmt.Errorf("empty: %w", ErrUnsendable)
	}
	if bytes.IndexByte(p, 0) >= 0 || bytes.IndexByte(p, '\r') >= 0 {
		return fmt.Errorf("holds NUL or a carriage return: %w", ErrUnsendable)
	}
	for line := range bytes.Lines(p) {
		if len(bytes.TrimSpace(line)) == 0 {
			return fmt.Errorf("holds an empty line: %w", ErrUnsendable)
		}
	}
	return nil
}
