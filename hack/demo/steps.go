package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// step is one thing to show.
type step struct {
	title    string
	commands []command
}

// command is a line for a shell, and what its output contains if Hawser does what it should.
type command struct {
	line string
	want []string
	// settles is for a command that follows a change: it may be wrong for a moment. All others must be right at once.
	settles bool
}

func steps(c config, f files) []step {
	cert := func(name string) string {
		path := filepath.Join(f.certs, name)
		return fmt.Sprintf(" --cert %s --key %s", rel(path+".crt"), rel(path+".key"))
	}
	https := func(host, options string) string {
		return fmt.Sprintf("curl -sS --cacert %s%s --resolve %s:%d:%s https://%s:%d/",
			rel(filepath.Join(f.certs, "ca.crt")), options, host, c.https, dialable(c.bind), host, c.https)
	}
	const status = " -o /dev/null -w '%{http_code}\\n'"
	plain := fmt.Sprintf("curl -sS --resolve plain.demo.test:%d:%s http://plain.demo.test:%d/hello",
		c.http, dialable(c.bind), c.http)
	admin := https("admin.demo.test", status+cert("good"))

	return []step{
		{"Routing by host. The backend answers with what it saw:", []command{
			{line: plain, want: []string{`"uri": "/hello"`, `"x-forwarded-proto"`}},
		}},
		{"A route that needs a client certificate: 400 without one, 200 with one.", []command{
			{line: https("secure.demo.test", status), want: []string{"400\n"}},
			{line: https("secure.demo.test", status+cert("good")), want: []string{"200\n"}},
		}},
		{"optional_no_ca: a self-signed certificate gets in, and the backend is told which one and what is wrong with it.",
			[]command{{
				line: https("partner.demo.test", cert("self-signed")) + " | grep -A1 ssl-client",
				want: []string{`"FAILED:self-signed certificate"`, `"CN=self-signed,O=Hawser Test"`, `"-----BEGIN%20CERTIFICATE-----%0A`},
			}}},
		{"A valid certificate whose common name isn't allowed: 403.", []command{
			{line: admin, want: []string{"403\n"}},
		}},
		{"Now change that annotation while Hawser runs; the same certificate gets 200.", []command{
			{line: fmt.Sprintf("sed -i 's/CN=admin$/CN=(admin|good)/' %s && sleep 1",
				rel(filepath.Join(f.manifests, "admin.yaml")))},
			{line: admin, want: []string{"200\n"}, settles: true},
		}},
	}
}

// changeLimit is how long a change of a manifest may take to reach traffic on a busy machine.
const changeLimit = 20 * time.Second

// check runs every command in order, as a reader would.
func check(ctx context.Context, steps []step, out io.Writer) error {
	for i, s := range steps {
		for _, cmd := range s.commands {
			if err := cmd.check(ctx); err != nil {
				return fmt.Errorf("step %d: %s\n%s\n%w", i+1, s.title, cmd.line, err)
			}
		}
		fmt.Fprintf(out, "ok  %d. %s\n", i+1, s.title)
	}
	return nil
}

// check runs the command, repeatedly if its answer may settle, until the output is right or the time is over.
func (c command) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, changeLimit)
	defer cancel()
	for {
		output, err := exec.CommandContext(ctx, "sh", "-c", c.line).CombinedOutput()
		if err == nil && containsAll(string(output), c.want) {
			return nil
		}
		if c.settles {
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
		if !c.settles || ctx.Err() != nil {
			return fmt.Errorf("want %q, got (%v):\n%s", c.want, err, output)
		}
	}
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
