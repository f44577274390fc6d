package dialect

// Key is a served key with its parser.
type Key[T any] struct {
	Description
	Parse func(string) (T, error)
	Empty bool // an empty value is parsed; otherwise it counts as absent
	// Differs tells which values of a key with Support Partial are served otherwise; nil: all of them.
	Differs func(T) bool
}

// Describe gives the description; the zero Support of a Key means Full.
func (k *Key[T]) Describe() Description {
	d := k.Description
	if d.Support == None {
		d.Support = Full
	}
	return d
}

// Get returns the value that is in force: the annotation, else the setting of that name. An invalid value is reported
// once; a guard then withholds the route, any other key counts as absent.
func (k *Key[T]) Get(p *Pass) (T, bool) {
	value, _, ok := k.lookup(p)
	return value, ok
}

// Own is Get for the annotation alone: the setting of the same name is not asked.
func (k *Key[T]) Own(p *Pass) (T, bool) {
	value, source, ok := k.lookup(p)
	return value, ok && source.object == p.object
}

// Setting is Get for the controller's ConfigMap alone.
func (k *Key[T]) Setting(p *Pass) (T, bool) {
	own := *k
	own.Scope = Setting
	return own.Get(p)
}

func (k *Key[T]) lookup(p *Pass) (T, found, bool) {
	for _, f := range p.find(k.Description) {
		if f.value == "" && !k.Empty {
			continue
		}
		value, err := k.Parse(f.value)
		if err == nil {
			if k.Differs == nil || k.Differs(value) {
				p.used(k.Describe(), f)
			}
			return value, f, true
		}
		p.invalid(k.Describe(), f, err)
		if k.Guard {
			break
		}
	}
	var zero T
	return zero, found{}, false
}
