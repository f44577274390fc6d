package runtime

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ErrDiffers is what HAProxy has and what it was not asked for.
var ErrDiffers = errors.New("HAProxy has something else")

// Question reads back what commands changed.
type Question struct {
	ask   Command
	judge func(reply string) error
}

// Command is what is sent for the question.
func (q Question) Command() Command { return q.ask }

// Check asks everything over one connection, and fails with the first answer that is not the right one.
func (c *Client) Check(ctx context.Context, questions ...Question) error {
	cmds := make([]Command, len(questions))
	for i, q := range questions {
		cmds[i] = q.ask
	}
	replies, err := c.Ask(ctx, cmds...)
	if err != nil {
		return err
	}
	for i, q := range questions {
		if err := q.ask.check(replies[i]); err != nil {
			return err
		}
		if err := q.judge(replies[i]); err != nil {
			return err
		}
	}
	return nil
}

// Proofs are the questions whose answers show that commands for entries of maps and for certificates were executed; of
// several for the same thing, the last counts.
func Proofs(cmds []Command) []Question {
	var out []Question
	at := map[string]int{}
	for _, c := range cmds {
		q, ok := c.proof()
		if !ok {
			continue
		}
		what := strings.Join(q.ask.words, " ")
		if i, again := at[what]; again {
			out[i] = q
			continue
		}
		at[what] = len(out)
		out = append(out, q)
	}
	return out
}

func (c Command) proof() (Question, bool) {
	switch c.Verb() {
	case "add map", "set map":
		if c.payload == nil && len(c.words) == 5 {
			return mapHas(c.words[2], c.words[3], c.words[4]), true
		}
	case "del map":
		return mapLacks(c.words[2], c.words[3]), true
	case "set ssl cert":
		return certIs(c.words[3], c.payload), true
	}
	return Question{}, false
}

func getMap(file, key string) Command {
	return command("get", "map", file, key).confirmedBy(says("type="))
}

func mapHas(file, key, value string) Question {
	return Question{getMap(file, key), func(reply string) error {
		for line := range strings.Lines(reply) {
			if strings.HasPrefix(line, "type=") && !expression(line) && !strings.Contains(line, `, key="`+key+`", value="`+value+`", `) {
				return fmt.Errorf("%w for %q in %s: %s", ErrDiffers, key, file, shorten(line))
			}
		}
		return nil
	}}
}

func mapLacks(file, key string) Question {
	return Question{getMap(file, key), func(reply string) error {
		if !expression(reply) && strings.Contains(reply, `, key="`+key+`", value="`) {
			return fmt.Errorf("%w: still %q in %s", ErrDiffers, key, file)
		}
		return nil
	}}
}

// expression: the keys are no texts that could be looked up.
func expression(reply string) bool { return strings.HasPrefix(reply, "type=reg") }

// certIs compares the first certificate of a file, that of the server.
func certIs(file string, data []byte) Question {
	return Question{showCert(file), func(reply string) error {
		shown, err := parseCertDetail(reply)
		if err != nil {
			return err
		}
		if want := fingerprint(data); shown.SHA1 != want {
			return fmt.Errorf("%w: certificate %s in %s, not %s", ErrDiffers, shown.SHA1, file, want)
		}
		return nil
	}}
}

func fingerprint(data []byte) string {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			sum := sha1.Sum(block.Bytes)
			return strings.ToUpper(hex.EncodeToString(sum[:]))
		}
	}
	return ""
}

// ServersOf reads back the servers of a backend.
func ServersOf(backend string, judge func([]ServerState) error) Question {
	return Question{ShowServers(backend), func(reply string) error {
		states, err := parseServerStates(reply)
		if err != nil {
			return err
		}
		return judge(states)
	}}
}

// PatternsOf reads back a pattern file.
func PatternsOf(file string, judge func([]string) error) Question {
	return Question{showPatterns(file), func(reply string) error {
		patterns, err := parsePatterns(reply)
		if err != nil {
			return err
		}
		return judge(patterns)
	}}
}
