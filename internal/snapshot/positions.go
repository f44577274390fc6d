package snapshot

import (
	"iter"
	"maps"

	"k8s.io/apimachinery/pkg/types"
)

// Position is where a manifest holds an object; Line counts from 1.
type Position struct {
	File string
	Line int
}

// Positions tell where manifests hold objects. They are not written after they were made; those after a change share with
// them what stays the same.
type Positions struct{ of map[string]*table[Position] } // by kind

// Position is that of an object, if it has one.
func (o *Objects) Position(k Key) (Position, bool) {
	if o.Positions == nil || o.Positions.of[k.Kind] == nil {
		return Position{}, false
	}
	return o.Positions.of[k.Kind].get(k.name())
}

func (k Key) name() types.NamespacedName {
	return types.NamespacedName{Namespace: k.Namespace, Name: k.Name}
}

// All yields every position, in no order.
func (p *Positions) All() iter.Seq2[Key, Position] {
	return func(yield func(Key, Position) bool) {
		for kind, t := range p.of {
			for _, b := range t.of {
				if b == nil {
					continue
				}
				for name, position := range b.of {
					if !yield(Key{kind, name.Namespace, name.Name}, position) {
						return
					}
				}
			}
		}
	}
}

// differ adds the names of objects that are elsewhere in other positions; both may be nil.
func (p *Positions) differ(other *Positions, names []types.NamespacedName) []types.NamespacedName {
	if p == other {
		return names
	}
	is, was := p.tables(), other.tables()
	for kind := range maps.Keys(was) {
		if is[kind] == nil {
			names = (&table[Position]{}).differ(was[kind], equal, names)
		}
	}
	for kind, t := range is {
		old := was[kind]
		if old == nil {
			old = &table[Position]{}
		}
		names = t.differ(old, equal, names)
	}
	return names
}

func (p *Positions) tables() map[string]*table[Position] {
	if p == nil {
		return nil
	}
	return p.of
}

// PositionsEdit makes positions of others, which stay as they are.
type PositionsEdit struct {
	from  *Positions
	edits map[string]*edit[Position]
}

// Edit begins with the positions that there are; p may be nil.
func (p *Positions) Edit() *PositionsEdit {
	return &PositionsEdit{p, map[string]*edit[Position]{}}
}

func (e *PositionsEdit) of(kind string) *edit[Position] {
	t := e.edits[kind]
	if t == nil {
		from := e.from.tables()[kind]
		if from == nil {
			from = &table[Position]{}
		}
		t = from.edit()
		e.edits[kind] = t
	}
	return t
}

// At is the position of an object, if it has one by now.
func (e *PositionsEdit) At(k Key) (Position, bool) { return e.of(k.Kind).get(k.name()) }

// Set gives an object a position.
func (e *PositionsEdit) Set(k Key, p Position) { e.of(k.Kind).set(k.name(), p) }

// Drop takes away the position of an object.
func (e *PositionsEdit) Drop(k Key) { e.of(k.Kind).drop(k.name()) }

// Done ends the edit.
func (e *PositionsEdit) Done() *Positions {
	out := &Positions{map[string]*table[Position]{}}
	maps.Copy(out.of, e.from.tables())
	for kind, t := range e.edits {
		out.of[kind] = t.table
	}
	return out
}
