// Package migrate runs what docs/migrate.md tells about client certificates: every command as it is written, in one
// shell, and what each prints is what stands behind it.
package migrate

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/rig"
)

// line is a command, and what the page says that it prints; empty if it says nothing.
type line struct{ command, want string }

var comment = regexp.MustCompile(`^(.*\S)\s+# (.+)$`)

func TestClientCertificates(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := workplace(t, root)
	lines := read(t, filepath.Join(root, "docs", "migrate.md"))
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte(write(t, lines)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", script)
	shell.Dir = dir
	// A controller that outlives the shell must not keep the test waiting for the end of its output.
	shell.WaitDelay = 5 * time.Second
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	judge(t, lines, string(out))
}

// workplace has what the reader has in the project's folder: the programs and the examples.
func workplace(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hawser", "hawser-echo"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", name), "./cmd/"+name)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := os.Symlink(filepath.Join(root, "examples"), filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// read takes the indented lines of the chapter.
func read(t *testing.T, page string) []line {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, found := strings.Cut(string(content), "\n## Client certificates\n")
	if !found {
		t.Fatal("there is no chapter about client certificates")
	}
	var lines []line
	wants := 0
	for text := range strings.Lines(chapter) {
		command, indented := strings.CutPrefix(strings.TrimRight(text, "\n"), "    ")
		if !indented {
			continue
		}
		l := line{command: command}
		if m := comment.FindStringSubmatch(command); m != nil {
			l = line{m[1], m[2]}
			wants++
		}
		lines = append(lines, l)
	}
	if wants < 22 {
		t.Fatalf("%d commands with an answer are found", wants)
	}
	return lines
}

// write makes a script of the lines: with ports that are free, and without building what is built. Each line is announced,
// so that its output can be found.
func write(t *testing.T, lines []line) string {
	t.Helper()
	free := freePorts(t)
	echo, plain, secure := free[0], free[1], free[2]
	ports := strings.NewReplacer("9000", echo, "8080", plain, "8443", secure)
	var s strings.Builder
	pids := ""
	for i, l := range lines {
		fmt.Fprintf(&s, "echo '=== %d'\n", i)
		command := ports.Replace(l.command)
		if strings.HasPrefix(command, "make ") || strings.HasPrefix(command, "go build ") {
			continue
		}
		if strings.HasPrefix(command, "bin/hawser run ") {
			command = strings.Replace(command, " run ", " run --haproxy "+rig.HAProxyBinary()+" ", 1)
		}
		started, inBackground := strings.CutSuffix(command, " &")
		if inBackground {
			command = fmt.Sprintf("%s > log.%d 2>&1 &\npid%d=$!", started, i, i)
			pids += fmt.Sprintf(" $pid%d", i)
		}
		fmt.Fprintln(&s, command)
		switch {
		case strings.Contains(command, "make-certificates"):
			fmt.Fprintf(&s, "sed -i 's/port: 9000/port: %s/' .state/certificates/manifests/echo.yaml\n", echo)
		case strings.HasPrefix(command, "bin/hawser run "):
			fmt.Fprintf(&s, "for i in $(seq 300); do curl -s -o /dev/null http://127.0.0.1:%s/ && break; sleep 0.1; done\n", plain)
		}
	}
	fmt.Fprintf(&s, "kill%s; wait\n", pids)
	return s.String()
}

// freePorts are three, all held until the last is chosen.
func freePorts(t *testing.T) (ports [3]string) {
	t.Helper()
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
	}
	return ports
}

func judge(t *testing.T, lines []line, out string) {
	t.Helper()
	for i, l := range lines {
		_, rest, found := strings.Cut(out, fmt.Sprintf("=== %d\n", i))
		if !found {
			t.Fatalf("%s was not run:\n%s", l.command, out)
		}
		got, _, _ := strings.Cut(rest, "=== ")
		got = strings.TrimSpace(got)
		part := strings.HasPrefix(l.want, `"`) // of more that is printed
		if part && !strings.Contains(got, l.want) || !part && l.want != "" && got != l.want {
			t.Errorf("%s: %q, the page says %q", l.command, got, l.want)
		}
		for _, bad := range []string{"not found", "No such file", "Error", "unknown"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: %s", l.command, got)
			}
		}
	}
}
