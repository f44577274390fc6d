package dir

import (
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// pair is one entry of a mapping.
type pair struct {
	key   string
	value *yaml.Node
}

// pairs lists the entries of a mapping in their order, merge keys ("<<") resolved: own entries win over merged
// ones, earlier merged ones over later ones. Entries that stand twice are kept, for the decoder to report.
func (e *encoder) pairs(n *yaml.Node, depth int) ([]pair, error) {
	out := make([]pair, 0, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.ScalarNode && k.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		key, err := keyName(k)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{key, v})
	}
	if merged == nil {
		return out, nil
	}
	have := make(map[string]bool, len(out))
	for _, p := range out {
		have[p.key] = true
	}
	for _, m := range merged {
		if err := e.merge(&out, have, m, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// merge adds the entries of m, a mapping or a list of mappings, that are not there yet.
func (e *encoder) merge(out *[]pair, have map[string]bool, m *yaml.Node, depth int) error {
	if depth > maxDepth {
		return &located{line: m.Line, message: "The merge key is unusable: " + errTooDeep.Error()}
	}
	if err := e.expand(m, 1); err != nil {
		return err
	}
	switch m.Kind {
	case yaml.AliasNode:
		return e.merge(out, have, m.Alias, depth+1)
	case yaml.SequenceNode:
		for _, c := range m.Content {
			if err := e.merge(out, have, c, depth+1); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
		more, err := e.pairs(m, depth+1)
		if err != nil {
			return err
		}
		if err := e.expand(m, len(more)); err != nil {
			return err
		}
		for _, p := range more {
			if !have[p.key] {
				have[p.key] = true
				*out = append(*out, p)
			}
		}
		return nil
	default:
		return &located{line: m.Line, message: "A merge key needs a mapping"}
	}
}

// keyName is the key as a string, which is what all keys of JSON are.
func keyName(k *yaml.Node) (string, error) {
	for n := 0; k.Kind == yaml.AliasNode && n < maxDepth; n++ {
		k = k.Alias
	}
	if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!null" {
		return "", &located{line: k.Line, message: "A key is neither a string nor a number"}
	}
	if _, old := oldBool(k); k.ShortTag() == "!!str" && !old {
		return k.Value, nil
	}
	var e encoder
	if err := e.scalar(k); err != nil {
		return "", err
	}
	var s string
	if json.Unmarshal(e.buf, &s) == nil {
		return s, nil
	}
	return string(e.buf), nil
}
