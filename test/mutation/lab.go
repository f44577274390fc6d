package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed without.go.txt
var without string

// changes are made to the sources of a mutant; the old text has to be there exactly once.
var changes = []struct{ file, old, new string }{
	{"internal/compile/compile.go", "slices.Concat(nginx.Features(), haproxyorg.Features())", "without(slices.Concat(nginx.Features(), haproxyorg.Features()))"},
	{"internal/dialect/pass.go", "if value, ok := values[name]; ok {", "if value, ok := values[name]; ok && !Without[d.Key] {"},
}

// The variables that say what a mutant leaves out.
const (
	featureVariable = "HAWSER_WITHOUT_FEATURE"
	keyVariable     = "HAWSER_WITHOUT_KEY"
)

// lab has the mutant and the tests, built once.
type lab struct {
	root, dir string

	mu    sync.Mutex // guards tests and sound
	tests map[string]string
	sound map[test]error // how a test goes with nothing left out
}

const testTime = 5 * time.Minute

func newLab(ctx context.Context, dir string) (*lab, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w", err)
	}
	l := &lab{root: strings.TrimSpace(string(out)), dir: dir, tests: map[string]string{}, sound: map[test]error{}}
	overlay, err := l.overlay()
	if err != nil {
		return nil, err
	}
	return l, l.build(ctx, "build", "-overlay", overlay, "-o", l.binary(), "./cmd/hawser")
}

func (l *lab) binary() string { return filepath.Join(l.dir, "hawser") }

func (l *lab) build(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = l.root
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// overlay writes the changed sources, and the file that tells the compiler of them.
func (l *lab) overlay() (string, error) {
	replace := map[string]string{}
	put := func(file, text string) error {
		path := filepath.Join(l.dir, strings.ReplaceAll(file, "/", "-"))
		replace[filepath.Join(l.root, file)] = path
		return os.WriteFile(path, []byte(text), 0o600)
	}
	var errs []error
	for _, c := range changes {
		text, err := os.ReadFile(filepath.Join(l.root, c.file))
		if err == nil && strings.Count(string(text), c.old) != 1 {
			err = fmt.Errorf("%s: %q is not there exactly once", c.file, c.old)
		}
		errs = append(errs, err, put(c.file, strings.Replace(string(text), c.old, c.new, 1)))
	}
	errs = append(errs, put("internal/compile/without.go", without),
		put("internal/dialect/without.go", "package dialect\n\nvar Without = map[string]bool{} // keys that nobody reads\n"))
	text, err := json.Marshal(map[string]any{"Replace": replace})
	path := filepath.Join(l.dir, "overlay.json")
	if err := errors.Join(append(errs, err, os.WriteFile(path, text, 0o600))...); err != nil {
		return "", fmt.Errorf("change the sources: %w", err)
	}
	return path, nil
}

// examine runs the tests of a mutant until one fails, each of which has to pass with nothing left out.
func (l *lab) examine(ctx context.Context, m mutant) result {
	start := time.Now()
	r := result{mutant: m, said: "its tests pass without it"}
	for _, t := range m.tests {
		if err := l.healthy(ctx, t); err != nil {
			r.said = fmt.Sprintf("%s fails with nothing left out: %v", t, err)
			continue
		}
		if said := l.test(ctx, t, m.variable+"="+m.name); said != nil {
			r.by, r.said = t.String(), said.Error()
			break
		}
	}
	r.took = time.Since(start)
	return r
}

func (l *lab) healthy(ctx context.Context, t test) error {
	l.mu.Lock()
	err, known := l.sound[t]
	l.mu.Unlock()
	if known {
		return err
	}
	if err = l.test(ctx, t, featureVariable+"="); err != nil {
		err = l.test(ctx, t, featureVariable+"=") // on a busy machine a test may be too slow once
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sound[t] = err
	return err
}

// test runs a test against the mutant; the error is what it says.
func (l *lab) test(ctx context.Context, t test, variable string) error {
	program, err := l.program(ctx, t.folder)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	args := []string{"-test.run", "^(" + t.run + ")$", "-test.failfast", "-test.timeout", testTime.String()}
	if t.cases != "" {
		args = append(args, "-case", t.cases)
	}
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = filepath.Join(l.root, t.folder)
	c.Env = append(os.Environ(), "HAWSER_BINARY="+l.binary(), variable)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if err == nil && bytes.Contains(out, []byte("no tests to run")) {
		return fmt.Errorf("there is no test %s", t)
	}
	if err != nil {
		return errors.New(complaint(string(out)))
	}
	return nil
}

// program is the test binary of a folder.
func (l *lab) program(ctx context.Context, folder string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if path, ok := l.tests[folder]; ok {
		return path, nil
	}
	path := filepath.Join(l.dir, filepath.Base(folder)+".test")
	if err := l.build(ctx, "test", "-c", "-o", path, "./"+folder); err != nil {
		return "", err
	}
	l.tests[folder] = path
	return path, nil
}
