// Package reference writes the reference of annotations, settings, issues and verification errors.
//
// Everything comes from the declarations that the compiler itself uses, so the reference can't promise what the
// program does not do. The same registry gives the same bytes.
package reference

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hawser-ingress/hawser/internal/dialect"
)

// Page is one file of the reference.
type Page struct {
	Name    string // of the file
	Content []byte // Markdown
}

// Pages gives the reference, in the order in which it is read.
func Pages(r *dialect.Registry) []Page {
	return []Page{
		{"annotations.md", annotations(r)},
		{"configmap.md", settings(r)},
		{"issues.md", issues()},
		{"verify-codes.md", verifyCodes()},
	}
}

// Write writes the whole reference as one text.
func Write(w io.Writer, r *dialect.Registry) error {
	var all bytes.Buffer
	for i, p := range Pages(r) {
		if i > 0 {
			all.WriteByte('\n')
		}
		all.Write(p.Content)
	}
	if _, err := w.Write(all.Bytes()); err != nil {
		return fmt.Errorf("write the reference: %w", err)
	}
	return nil
}

// WriteFiles writes one file per page into a folder, which is made if needed.
func WriteFiles(dir string, r *dialect.Registry) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the reference: %w", err)
	}
	for _, p := range Pages(r) {
		if err := os.WriteFile(filepath.Join(dir, p.Name), p.Content, 0o644); err != nil {
			return fmt.Errorf("write the reference: %w", err)
		}
	}
	return nil
}
