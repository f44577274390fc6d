package cfg

import (
	"errors"
)

var (
	errNoCond   = errors.New("has an empty condition")
	errCondSize = errors.New("has a condition of more words than a line of HAProxy holds")
)

// Cond is a condition. The zero Cond is none and is refused, so that a forgotten one never means "always".
type Cond struct{ node node }

// node is sealed: every, some, not, term, failed.
type node interface {
	// dnf gives the node, or its negation, as an OR of ANDs; no clause at all is never, an empty clause is always.
	dnf(negated bool) ([]clause, error)
}

type (
	clause []term
	every  []Cond
	some   []Cond
	not    struct{ Cond }
	failed struct{ err error }
)

// term is an anonymous ACL, written in braces, or the name of one.
type term struct {
	text    string
	n       int // words, without braces
	named   bool
	negated bool
}

// And holds when all hold; And() always does.
func And(c ...Cond) Cond { return Cond{every(c)} }

// Or holds when one holds; Or() never does.
func Or(c ...Cond) Cond { return Cond{some(c)} }

// Not holds when c does not.
func Not(c Cond) Cond { return Cond{not{c}} }

// ACL is the condition that a named ACL of the same section holds.
func ACL(name string) Cond {
	a := Name(name)
	if a.err != nil {
		return Cond{failed{a.err}}
	}
	return Cond{term{text: name, n: 1, named: true}}
}

func (e every) dnf(negated bool) ([]clause, error) {
	if negated {
		return union(e, true)
	}
	return product(e, false)
}

func (s some) dnf(negated bool) ([]clause, error) {
	if negated {
		return product(s, true)
	}
	return union(s, false)
}

func (n not) dnf(negated bool) ([]clause, error) { return n.Cond.dnf(!negated) }

func (t term) dnf(negated bool) ([]clause, error) {
	t.negated = negated
	return []clause{{t}}, nil
}

func (f failed) dnf(bool) ([]clause, error) { return nil, f.err }

func (c Cond) dnf(negated bool) ([]clause, error) {
	if c.node == nil {
		return nil, errNoCond
	}
	return c.node.dnf(negated)
}

func union(conds []Cond, negated bool) ([]clause, error) {
	var out []clause
	for _, c := range conds {
		clauses, err := c.dnf(negated)
		if err != nil {
			return nil, err
		}
		out = append(out, clauses...)
		if len(out) > maxWords {
			return nil, errCondSize
		}
	}
	return out, nil
}

func product(conds []Cond, negated bool) ([]clause, error) {
	out := []clause{{}}
	for _, c := range conds {
		clauses, err := c.dnf(negated)
		if err != nil {
			return nil, err
		}
		if len(out)*len(clauses) > maxWords {
			return nil, errCondSize
		}
		next := make([]clause, 0, len(out)*len(clauses))
		for _, left := range out {
			for _, right := range clauses {
				next = append(next, append(left[:len(left):len(left)], right...))
			}
		}
		out = next
	}
	return out, nil
}
