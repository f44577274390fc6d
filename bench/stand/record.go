package stand

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Record makes a CPU profile of the controller from now on, if profiles are asked for and it offers one. What it
// returns waits for the end. While the controller starts, its port is asked for until it is there.
func (c *Controller) Record(name string, span time.Duration) (wait func() error) {
	if c.pprof == "" || c.Profiler == nil {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- c.record(filepath.Join(c.pprof, name+".pprof"), span) }()
	return func() error { return <-done }
}

func (c *Controller) record(path string, span time.Duration) error {
	client := http.Client{Timeout: span + time.Minute}
	url := fmt.Sprintf("%s?seconds=%d", c.Profiler.URL, int(span.Seconds()))
	answer, err := client.Get(url)
	for begin := time.Now(); err != nil && time.Since(begin) < 10*time.Second; answer, err = client.Get(url) {
		time.Sleep(2 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("ask for a CPU profile: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, answer.Body)
	return errors.Join(err, out.Close())
}
