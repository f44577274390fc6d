package runtime

import (
	"fmt"
	"strconv"
	"strings"
)

// table is a reply of columns: "# name name …" and rows of blank-separated values.
type table struct {
	columns map[string]int
	rows    [][]string
}

func parseTable(reply string) (*table, error) {
	header, rest, _ := strings.Cut(reply, "\n")
	if !strings.HasPrefix(header, "# ") {
		return nil, fmt.Errorf("%w: no header but %q", ErrMalformed, shorten(header))
	}
	t := &table{columns: map[string]int{}}
	for i, name := range strings.Fields(header[2:]) {
		t.columns[name] = i
	}
	for line := range strings.Lines(rest) {
		if fields := strings.Fields(line); len(fields) > 0 {
			t.rows = append(t.rows, fields)
		}
	}
	return t, nil
}

// need checks that the columns exist and that no row ends before the last of those that HAProxy always fills.
func (t *table) need(columns ...string) error {
	for _, name := range columns {
		if _, ok := t.columns[name]; !ok {
			return fmt.Errorf("%w: no column %q", ErrMalformed, name)
		}
	}
	return nil
}

func (t *table) text(row []string, column string) string {
	i, ok := t.columns[column]
	if !ok || i >= len(row) {
		return ""
	}
	return row[i]
}

func (t *table) number(row []string, column string) (int, error) {
	n, err := strconv.Atoi(t.text(row, column))
	if err != nil {
		return 0, fmt.Errorf("%w: %q in column %q", ErrMalformed, shorten(t.text(row, column)), column)
	}
	return n, nil
}
