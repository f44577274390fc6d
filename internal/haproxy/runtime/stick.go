package runtime

import (
	"context"
	"fmt"
	"strings"
)

// StickTable is a stick table in short.
type StickTable struct {
	Name, Type string
	Size, Used int
}

// StickEntry is a row of a stick table; Data has the stored types, such as "http_req_rate(10000)".
type StickEntry struct {
	Key  string
	Data map[string]string
}

// StickTables lists the tables.
func (c *Client) StickTables(ctx context.Context) ([]StickTable, error) {
	return one(ctx, c, command("show", "table").confirmedBy(answer), parseStickTables)
}

// StickEntries lists what a table holds.
func (c *Client) StickEntries(ctx context.Context, table string) ([]StickEntry, error) {
	return one(ctx, c, command("show", "table", table).confirmedBy(says("# table: "+table+",")), parseStickEntries)
}

// ClearTable empties a stick table.
func ClearTable(table string) Command { return command("clear", "table", table) }

// ClearTableKey removes one entry; a key that isn't there is no failure.
func ClearTableKey(table, key string) Command { return command("clear", "table", table, "key", key) }

func parseStickTables(reply string) ([]StickTable, error) {
	var out []StickTable
	for line := range strings.Lines(reply) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		rest, ok := strings.CutPrefix(line, "# table: ")
		if !ok {
			return nil, fmt.Errorf("%w: table %q", ErrMalformed, shorten(line))
		}
		name, rest, _ := strings.Cut(rest, ", ")
		t := StickTable{Name: name}
		for field := range strings.SplitSeq(rest, ", ") {
			k, v, _ := strings.Cut(field, ":")
			switch v = strings.TrimSpace(v); k {
			case "type":
				t.Type = v
			case "size":
				t.Size = atoi(v)
			case "used":
				t.Used = atoi(v)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func parseStickEntries(reply string) ([]StickEntry, error) {
	var out []StickEntry
	for line := range strings.Lines(reply) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		words := splitEscaped(line)
		if len(words) < 2 || !strings.HasPrefix(words[0], "0x") || !strings.HasPrefix(words[1], "key=") {
			return nil, fmt.Errorf("%w: table entry %q", ErrMalformed, shorten(line))
		}
		e := StickEntry{Key: words[1][len("key="):], Data: map[string]string{}}
		for _, w := range words[2:] {
			k, v, _ := strings.Cut(w, "=")
			e.Data[k] = v
		}
		out = append(out, e)
	}
	return out, nil
}

// splitEscaped splits at blanks that no backslash precedes, and removes these backslashes.
func splitEscaped(line string) []string {
	var words []string
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		case line[i] == ' ':
			if b.Len() > 0 {
				words = append(words, b.String())
				b.Reset()
			}
		default:
			b.WriteByte(line[i])
		}
	}
	if b.Len() > 0 {
		words = append(words, b.String())
	}
	return words
}
