package runtime

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// MapEntry is a key of a map file with its value.
type MapEntry struct {
	Key, Value string
}

// mapChunk bounds the payload of one "add map": half of HAProxy's default buffer.
const mapChunk = 8 << 10

// SetMap changes the value of every entry with this key; ErrNotFound when there is none.
func SetMap(file, key, value string) Command {
	return command("set", "map", file, reference(key), value)
}

// AddMap adds one entry, also beside an equal one.
func AddMap(file, key, value string) Command {
	return command("add", "map", file, reference(key), value)
}

// DelMap removes every entry with this key; ErrNotFound when there is none.
func DelMap(file, key string) Command {
	return command("del", "map", file, reference(key))
}

// ClearMap removes all entries at once, so requests meanwhile find none; ReplaceMap doesn't have that gap.
func ClearMap(file string) Command { return command("clear", "map", file) }

// AddMapEntries adds many entries with few commands. They are sent as payload, where nothing is escaped.
func AddMapEntries(file string, entries []MapEntry) ([]Command, error) {
	return addEntries("", file, entries)
}

func addEntries(version, file string, entries []MapEntry) ([]Command, error) {
	words := []string{"add", "map", file}
	if version != "" {
		words = []string{"add", "map", "@" + version, file}
	}
	var cmds []Command
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			cmds = append(cmds, command(words...).with([]byte(b.String())))
			b.Reset()
		}
	}
	for _, e := range entries {
		if err := e.check(); err != nil {
			return nil, err
		}
		if b.Len()+len(e.Key)+len(e.Value)+2 > mapChunk {
			flush()
		}
		fmt.Fprintf(&b, "%s %s\n", e.Key, e.Value)
	}
	flush()
	return cmds, nil
}

// check refuses what a line of a map can't carry: the key ends at the first blank and outer blanks are trimmed.
func (e MapEntry) check() error {
	switch {
	case e.Key == "" || e.Value == "":
		return fmt.Errorf("map entry %q: empty key or value: %w", e.Key, ErrUnsendable)
	case strings.ContainsAny(e.Key, " \t\r\n\x00\v\f"):
		return fmt.Errorf("map key %q holds a blank: %w", e.Key, ErrUnsendable)
	case strings.ContainsAny(e.Value, "\r\n\x00") || strings.TrimSpace(e.Value) != e.Value:
		return fmt.Errorf("map value of %q holds a line break or outer blanks: %w", e.Key, ErrUnsendable)
	}
	return nil
}

// reference keeps a key from being read as a number of an entry, which "#" would make it; the result is refused.
func reference(key string) string {
	if strings.HasPrefix(key, "#") {
		return ""
	}
	return key
}

// ReplaceMap exchanges all entries of a map in one moment: requests see the old ones or the new ones.
func (c *Client) ReplaceMap(ctx context.Context, file string, entries []MapEntry) error {
	return c.replace(ctx, "map", file, func(version string) ([]Command, error) { return addEntries(version, file, entries) })
}

// replace fills a new version of a map or pattern file and makes it the current one.
func (c *Client) replace(ctx context.Context, kind, file string, fill func(version string) ([]Command, error)) error {
	if err := sendable(c, fill); err != nil {
		return err
	}
	prepare := command("prepare", kind, file).confirmedBy(says("New version created:"))
	version, err := one(ctx, c, prepare, parseMapVersion)
	if err != nil {
		return err
	}
	cmds, err := fill(version)
	if err != nil {
		return err
	}
	if err := c.Run(ctx, cmds...); err != nil {
		// Without this the rejected version would stay in memory until the next reload.
		c.Run(context.WithoutCancel(ctx), command("clear", kind, "@"+version, file))
		return err
	}
	return c.Run(ctx, command("commit", kind, "@"+version, file))
}

// sendable finds what can't be sent before a version is made for it.
func sendable(c *Client, fill func(string) ([]Command, error)) error {
	cmds, err := fill("4294967295")
	if err != nil {
		return err
	}
	_, err = encodeAll(cmds, c.cfg.BufSize)
	return err
}

func parseMapVersion(reply string) (string, error) {
	_, v, _ := strings.Cut(strings.TrimSpace(reply), "New version created:")
	v = strings.TrimSpace(v)
	if _, err := strconv.ParseUint(v, 10, 32); err != nil {
		return "", fmt.Errorf("%w: version %q", ErrMalformed, shorten(v))
	}
	return v, nil
}

// MapEntries lists a map in the order HAProxy keeps it.
func (c *Client) MapEntries(ctx context.Context, file string) ([]MapEntry, error) {
	return one(ctx, c, command("show", "map", file).confirmedBy(mapAnswer), parseMapEntries)
}

// mapAnswer looks at the start alone: a value may hold any of the words of a refusal.
func mapAnswer(reply string) bool { return reply == "" || strings.HasPrefix(reply, "0x") }

func parseMapEntries(reply string) ([]MapEntry, error) {
	var out []MapEntry
	for line := range strings.Lines(reply) {
		blank, rest, err := cutEntry(line)
		if err != nil {
			return nil, err
		}
		if blank {
			continue
		}
		key, value, ok := strings.Cut(rest, " ")
		if !ok {
			return nil, fmt.Errorf("%w: map entry %q", ErrMalformed, shorten(line))
		}
		out = append(out, MapEntry{Key: key, Value: value})
	}
	return out, nil
}

// cutEntry removes the address that HAProxy prints before each entry.
func cutEntry(line string) (blank bool, rest string, err error) {
	line = strings.TrimSuffix(line, "\n")
	if line == "" {
		return true, "", nil
	}
	ref, rest, ok := strings.Cut(line, " ")
	if !ok || !strings.HasPrefix(ref, "0x") {
		return false, "", fmt.Errorf("%w: entry %q", ErrMalformed, shorten(line))
	}
	return false, rest, nil
}
