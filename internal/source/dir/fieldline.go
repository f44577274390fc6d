package dir

import (
	"math"
	"os"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Lines finds the lines of keys in manifests, by reading them again as text. It belongs to one goroutine.
type Lines struct {
	starts map[string][]int // file -> lines on which its objects begin
	text   map[string][]string
}

// NewLines prepares for objects that were loaded from files.
func NewLines(o *snapshot.Objects) *Lines {
	l := &Lines{starts: map[string][]int{}, text: map[string][]string{}}
	if o.Positions == nil {
		return l
	}
	for _, p := range o.Positions.All() {
		l.starts[p.File] = append(l.starts[p.File], p.Line)
	}
	for _, list := range l.starts {
		slices.Sort(list)
	}
	return l
}

// Of is the line of an annotation or of a key of a ConfigMap; 0 if it does not stand there as it is, or the file is gone.
func (l *Lines) Of(object issue.Ref, key string) int {
	if object.File == "" || object.File == stdinName || object.Line == 0 || key == "" {
		return 0
	}
	text, known := l.text[object.File]
	if !known {
		if data, err := os.ReadFile(object.File); err == nil {
			text = strings.Split(string(data), "\n")
		}
		l.text[object.File] = text
	}
	end := math.MaxInt
	if n, _ := slices.BinarySearch(l.starts[object.File], object.Line+1); n < len(l.starts[object.File]) {
		end = l.starts[object.File][n]
	}
	for n := object.Line - 1; n < min(len(text), end-1); n++ {
		if holds(text[n], key) {
			return n + 1
		}
	}
	return 0
}

// holds reports whether a line of YAML or JSON has the key.
func holds(line, key string) bool {
	for at := strings.Index(line, key); at >= 0; {
		before, after := line[:at], line[at+len(key):]
		before = strings.TrimRight(before, `"'`)
		bare := before == "" || strings.ContainsAny(before[len(before)-1:], " \t{,-")
		if after = strings.TrimLeft(after, `"'`); bare && strings.HasPrefix(strings.TrimLeft(after, " \t"), ":") {
			return true
		}
		next := strings.Index(line[at+1:], key)
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}
