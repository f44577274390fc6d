package statuspage

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The tables that can be asked for.
const (
	Hosts        = "hosts"
	Routes       = "routes"
	ClientCerts  = "clientcerts"
	Certificates = "certificates"
	Backends     = "backends"
	Ports        = "ports"
	Issues       = "issues"
	Changes      = "changes"
)

// Tables lists them in the order of the page.
func Tables() []string {
	return []string{Hosts, Routes, ClientCerts, Certificates, Backends, Ports, Issues, Changes}
}

// Table is a part of a table.
type Table struct {
	Name    string `json:"name"`
	Total   int    `json:"total"`   // rows of the table
	Matched int    `json:"matched"` // rows that the query and the filter leave
	Offset  int    `json:"offset"`  // of the first row
	Rows    []any  `json:"rows"`
	Missing string `json:"missing,omitempty"` // why there are none, if nobody knows
}

// row is one with what a query looks at.
type row struct {
	value   any
	text    string // in lower case
	problem bool
}

func newRow(value any, problem bool, text ...string) row {
	return row{value, strings.ToLower(strings.Join(text, " ")), problem}
}

// query is what a client asks for.
type query struct {
	table         string
	host          string   // whose digest is wanted; "": none
	words         []string // each stands in the row
	problems      bool
	offset, limit int
}

const (
	usualRows = 50
	mostRows  = 500
)

func parseQuery(values url.Values) (query, error) {
	q := query{table: values.Get("table"), host: values.Get("host"), words: strings.Fields(strings.ToLower(values.Get("q"))), limit: usualRows}
	if q.table != "" && !slices.Contains(Tables(), q.table) {
		return q, errors.New("table is one of " + strings.Join(Tables(), ", "))
	}
	switch values.Get("problems") {
	case "", "false":
	case "true":
		q.problems = true
	default:
		return q, errors.New("problems is true or false")
	}
	for _, number := range []struct {
		name       string
		into       *int
		least, top int
	}{{"offset", &q.offset, 0, 1 << 30}, {"limit", &q.limit, 1, mostRows}} {
		text := values.Get(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < number.least || n > number.top {
			return q, fmt.Errorf("%s is a number from %d to %d", number.name, number.least, number.top)
		}
		*number.into = n
	}
	return q, nil
}

func (q query) of(rows []row) *Table {
	t := &Table{Name: q.table, Total: len(rows), Rows: []any{}}
	for _, r := range rows {
		if q.problems && !r.problem || slices.ContainsFunc(q.words, func(w string) bool { return !strings.Contains(r.text, w) }) {
			continue
		}
		if t.Matched >= q.offset && len(t.Rows) < q.limit {
			t.Rows = append(t.Rows, r.value)
		}
		t.Matched++
	}
	t.Offset = min(q.offset, t.Matched)
	return t
}
