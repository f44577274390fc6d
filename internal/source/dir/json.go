package dir

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonNodes parses a stream of JSON values into the nodes that YAML gives, so that both are read by the same code.
// YAML is no stand-in for JSON here: its parser refuses surrogate pairs such as \ud83d\ude00.
// With an error come the values before it.
func jsonNodes(data []byte) ([]*yaml.Node, *located) {
	p := &jsonParser{data: data, line: 1, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	var out []*yaml.Node
	for {
		n, err := p.value(0)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, p.located(err)
		}
		out = append(out, &yaml.Node{Kind: yaml.DocumentNode, Line: n.Line, Content: []*yaml.Node{n}})
	}
}

type jsonParser struct {
	data []byte
	dec  *json.Decoder
	pos  int // offset that line belongs to
	line int
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	tok, err := p.dec.Token()
	if err != nil {
		if depth > 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.at(p.dec.InputOffset())}
	switch v := tok.(type) {
	case json.Delim:
		n.Kind = yaml.SequenceNode
		if v == '{' {
			n.Kind = yaml.MappingNode
		}
		return n, p.children(n, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", v.String()
		if !strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", "false"
		if v {
			n.Value = "true"
		}
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// children reads to the closing bracket of n.
func (p *jsonParser) children(n *yaml.Node, depth int) error {
	for p.dec.More() {
		c, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, c)
	}
	_, err := p.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// at gives the line of an offset that is not before the last one.
func (p *jsonParser) at(offset int64) int {
	end := min(int(offset), len(p.data))
	p.line += bytes.Count(p.data[p.pos:end], []byte("\n"))
	p.pos = end
	return p.line
}

func (p *jsonParser) located(err error) *located {
	offset := p.dec.InputOffset()
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(offset, s.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(bytes.TrimRight(p.data, " \t\r\n")))
	}
	return &located{line: p.at(offset), message: "The JSON does not parse: " + err.Error()}
}
