package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// What a call can fail with; test with errors.Is.
var (
	ErrUnreachable = errors.New("HAProxy can't be reached")
	ErrPartial     = errors.New("the answer is incomplete")
	ErrWrongWorker = errors.New("another worker answers")
	ErrUnsendable  = errors.New("can't be sent to the runtime socket")
	ErrMalformed   = errors.New("the answer isn't understood")

	ErrNotFound = errors.New("no such object in HAProxy")
	ErrExists   = errors.New("exists in HAProxy already")
	ErrInUse    = errors.New("in use by HAProxy")
	ErrUnknown  = errors.New("command unknown to this HAProxy")
	ErrRefused  = errors.New("refused by HAProxy")
)

// CommandError is a command that HAProxy received and did not confirm.
type CommandError struct {
	Verb    string // Command.Verb
	Command string // without payload and without secrets
	Reply   string // what HAProxy answered, shortened; may be empty
	Kind    error  // ErrNotFound, ErrExists, ErrInUse, ErrUnknown or ErrRefused
}

func (e *CommandError) Error() string {
	reply := e.Reply
	if reply == "" {
		reply = "no confirmation"
	}
	return fmt.Sprintf("%s: %v: %s", e.Command, e.Kind, reply)
}

func (e *CommandError) Unwrap() error { return e.Kind }

// kindOf sorts a refusal by the words that HAProxy 2.6 to 3.2 use for it.
func kindOf(reply string) error {
	table := []struct {
		kind  error
		words []string
	}{
		{ErrUnknown, []string{"Unknown command"}},
		{ErrExists, []string{"already exists", "Already exists"}},
		{ErrInUse, []string{"in use, can't be deleted", "Only servers in maintenance mode", "still has connections"}},
		{ErrNotFound, []string{
			"No such server", "No such backend", "No such table", "Can't find backend", "not found.",
			"doesn't exist", "does not exist", "can't be found", "unable to locate", "Unknown map identifier",
			"not referenced by the configuration", "Can't display the", "Can't search",
		}},
	}
	for _, row := range table {
		for _, w := range row.words {
			if strings.Contains(reply, w) {
				return row.kind
			}
		}
	}
	return ErrRefused
}

// shorten keeps an error readable: HAProxy answers an unknown command with its whole help.
func shorten(reply string) string {
	const limit = 300
	s := strings.Join(strings.Fields(reply), " ")
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	return s
}
