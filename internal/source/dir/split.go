package dir

import "bytes"

// chunk is a part of a file that parses on its own; line is the number of its first line.
type chunk struct {
	data []byte
	line int
}

// split cuts YAML before every "---" line. YAML forbids such a line inside a document, block scalars included, so
// the cut is always between documents. Directives ("%YAML") belong to the document after the marker: with one of
// them the file stays whole.
func split(data []byte) []chunk {
	if bytes.HasPrefix(data, []byte("%")) || bytes.Contains(data, []byte("\n%")) {
		return []chunk{{data, 1}}
	}
	var out []chunk
	start, line, first := 0, 1, 1
	for pos := 0; pos < len(data); {
		if pos > start && separator(data[pos:]) {
			out = append(out, chunk{data[start:pos], first})
			start, first = pos, line
		}
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			break
		}
		pos += end + 1
		line++
	}
	return append(out, chunk{data[start:], first})
}

// separator reports whether a line begins with a document marker.
func separator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	return len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0
}
