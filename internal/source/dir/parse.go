package dir

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"
	sigsyaml "sigs.k8s.io/yaml"
)

// batchBytes is how much YAML one goroutine parses at a time: enough to hide the cost of starting it.
const batchBytes = 128 << 10

// parse reads the bytes of one file. It never fails: what it can't read is an issue, and broken is set.
func parse(path string, data []byte) content {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	json := filepath.Ext(path) == ".json"
	if json || looksLikeJSON(data) {
		nodes, err := jsonNodes(data)
		if err == nil || json {
			r := reader{path: path}
			for _, n := range nodes {
				r.document(n)
			}
			if err != nil {
				r.fail(err)
			}
			return join(path, []reader{r})
		}
	}
	return join(path, parseYAML(path, split(data)))
}

func looksLikeJSON(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == '{'
}

// parseYAML parses batches of chunks in parallel; the result is in the order of the file.
func parseYAML(path string, chunks []chunk) []reader {
	batches := batch(chunks)
	if len(batches) == 1 {
		return []reader{readChunks(path, chunks)}
	}
	parts := make([]reader, len(batches))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for n, b := range batches {
		g.Go(func() error {
			parts[n] = readChunks(path, b)
			return nil
		})
	}
	_ = g.Wait() // no function of the group fails
	return parts
}

func readChunks(path string, chunks []chunk) reader {
	r := reader{path: path}
	for _, c := range chunks {
		r.chunk(c)
	}
	return r
}

func batch(chunks []chunk) [][]chunk {
	var out [][]chunk
	start, size := 0, 0
	for n, c := range chunks {
		size += len(c.data)
		if size >= batchBytes || n == len(chunks)-1 {
			out = append(out, chunks[start:n+1])
			start, size = n+1, 0
		}
	}
	return out
}

// chunk parses one chunk and reads its documents.
func (r *reader) chunk(c chunk) {
	dec := yaml.NewDecoder(bytes.NewReader(c.data))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.fail(syntaxError(c, err))
			return
		}
		shift(&n, c.line-1)
		r.document(&n)
	}
}

// shift moves a tree from lines of a chunk to lines of the file.
func shift(n *yaml.Node, lines int) {
	if lines == 0 {
		return
	}
	n.Line += lines
	for _, c := range n.Content {
		shift(c, lines)
	}
}

// syntaxError finds line and wording of a syntax error. The node parser names the line where the enclosing
// structure began; the parser of kubectl names the line of the mistake, so it is asked, too.
func syntaxError(c chunk, err error) *located {
	line, text := yamlError(err)
	if _, second := sigsyaml.YAMLToJSON(c.data); second != nil {
		if l, s := yamlError(second); l > 0 {
			line, text = l, s
		}
	}
	if line == 0 {
		line = unreadable(c.data)
	}
	return &located{line: c.line + line - 1, message: "The YAML does not parse: " + text}
}

// unreadable is the line of the first character that no YAML may have; the parsers name no line for these.
func unreadable(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError && n == 1, r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return line
		}
		data = data[n:]
	}
	return 1
}

// yamlError takes "yaml: line 3: text" apart; the line is 0 where none is named.
func yamlError(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	text = strings.TrimPrefix(text, "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		digits, message, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(digits); err == nil {
			return n, message
		}
	}
	return 0, text
}
