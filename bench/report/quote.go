package report

import (
	"fmt"
	"os"
	"strings"
)

// Marks of the part of a document that is written by the benchmark.
func marks(name string) (begin, end string) {
	return "<!-- " + name + ": written by make bench WRITE=1 -->\n", "<!-- /" + name + " -->\n"
}

// Quote replaces the text between the marks of a document. The marks have to be there, once.
func Quote(document, name, text string) (string, error) {
	begin, end := marks(name)
	if strings.Count(document, begin) != 1 || strings.Count(document, end) != 1 {
		return "", fmt.Errorf("the marks of %s are not there once:\n%s%s", name, begin, end)
	}
	before, rest, _ := strings.Cut(document, begin)
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("the marks of %s are in the wrong order", name)
	}
	return before + begin + text + end + after, nil
}

// QuoteFile does so in a file.
func QuoteFile(path, name, text string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out, err := Quote(string(document), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(out), 0o644)
}
