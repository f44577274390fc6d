// Command demo shows Hawser on one machine: it makes certificates, starts a backend and `hawser run` on examples/demo,
// and prints curl commands that show what the examples promise. With -check it runs these commands itself and
// compares the answers. It writes below its state folder only, and everything it starts ends with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// config is what the flags say.
type config struct {
	state    string // folder for certificates, manifests and Hawser's own state
	examples string
	hawser   string // binary
	haproxy  string // binary; empty for Hawser's default
	bind     string
	http     int // 0: a free port
	https    int
	echo     int
	check    bool
}

func main() {
	// The child is told to end when the thread that started it does; this keeps that thread.
	runtime.LockOSThread()
	var c config
	flag.StringVar(&c.state, "state", ".state/demo", "folder for what the demo writes")
	flag.StringVar(&c.examples, "examples", "examples/demo", "folder with the manifests")
	flag.StringVar(&c.hawser, "hawser", "bin/hawser", "the hawser binary")
	flag.StringVar(&c.haproxy, "haproxy", "", "the haproxy binary; empty for the one Hawser finds")
	flag.StringVar(&c.bind, "bind", "127.0.0.1", "address for HTTP and HTTPS")
	flag.IntVar(&c.http, "http-port", 8080, "port for HTTP; 0 for a free one")
	flag.IntVar(&c.https, "https-port", 8443, "port for HTTPS; 0 for a free one")
	flag.IntVar(&c.echo, "echo-port", 9000, "loopback port of the backend; 0 for a free one")
	flag.BoolVar(&c.check, "check", false, "run the printed commands, compare their answers, and end")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config, out io.Writer) (err error) {
	if err := c.fillPorts(); err != nil {
		return err
	}
	files, err := prepare(c)
	if err != nil {
		return err
	}
	backend, err := echo.Start(echo.Config{Addr: fmt.Sprintf("127.0.0.1:%d", c.echo)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()

	hawser, err := startHawser(c, files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hawser.stop()) }()
	if err := hawser.awaitAnswer(ctx, c); err != nil {
		return err
	}

	steps := steps(c, files)
	if c.check {
		return check(ctx, steps, out)
	}
	show(out, c, files, steps)
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nstopping")
		return nil
	case <-hawser.done:
		return hawser.ended()
	}
}

func show(out io.Writer, c config, files files, steps []step) {
	fmt.Fprintf(out, "Hawser serves %s on http://%s:%d and https://%s:%d.\n", c.examples, c.bind, c.http, c.bind, c.https)
	fmt.Fprintf(out, "Its log is %s. Try, in another terminal, from this folder:\n", rel(files.log))
	for i, s := range steps {
		fmt.Fprintf(out, "\n%d. %s\n\n", i+1, s.title)
		for _, cmd := range s.commands {
			fmt.Fprintf(out, "%s\n", cmd.line)
		}
	}
	fmt.Fprintln(out, "\nCtrl-C stops everything.")
}

// rel shortens a path for the reader's shell, if it can.
func rel(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(short) {
		return path
	}
	return short
}
