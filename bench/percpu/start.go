package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// bench is what all tables share: the upstream, the program and a folder.
type bench struct {
	options
	dir      string
	upstream net.Listener
}

func newBench(o options) (*bench, error) {
	b := &bench{options: o, dir: o.keep}
	if err := b.open(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) open() error {
	var err error
	if b.keep == "" {
		b.dir, err = os.MkdirTemp("", "percpu-")
	} else {
		err = os.MkdirAll(b.dir, 0o700)
	}
	if err != nil {
		return err
	}
	if b.upstream, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	go serve(b.upstream)
	if b.hawser != "" || len(b.hosts) == 0 {
		return nil
	}
	b.hawser = filepath.Join(b.dir, "hawser")
	build := exec.Command("go", "build", "-o", b.hawser, "github.com/hawser-ingress/hawser/cmd/hawser")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build Hawser: %w", err)
	}
	return nil
}

func (b *bench) close() {
	if b.upstream != nil {
		b.upstream.Close()
	}
	if b.keep == "" && b.dir != "" {
		os.RemoveAll(b.dir)
	}
}

// start starts everything for a table. What has been started ends with stop, also after an error.
func (b *bench) start(log string) (subjects []*subject, stop func(), err error) {
	var programs []*program
	stop = func() {
		for _, s := range subjects {
			s.load.close()
		}
		for _, p := range programs {
			p.stop()
		}
	}
	add := func(p *program, err error, names map[string]string, order ...string) error {
		if err != nil {
			return err
		}
		programs = append(programs, p)
		for _, name := range order {
			s, err := b.subject(name, p, names[name])
			if err != nil {
				return err
			}
			subjects = append(subjects, s)
		}
		return nil
	}
	p, err := b.haproxyWith("hand", handWritten, log)
	if err := add(p, err, map[string]string{"hand-written, one host": hostName(0)}, "hand-written, one host"); err != nil {
		return subjects, stop, err
	}
	for _, file := range b.also {
		text, err := os.ReadFile(file)
		if err == nil {
			p, err = b.haproxyWith(strings.ReplaceAll(file, "/", "_"), string(text), log)
		}
		if err := add(p, err, map[string]string{file: hostName(0)}, file); err != nil {
			return subjects, stop, err
		}
	}
	for _, hosts := range b.hosts {
		first, last := fmt.Sprintf("first of %d hosts", hosts), fmt.Sprintf("last of %d hosts", hosts)
		p, err := b.hawserWith(hosts, log)
		if err := add(p, err, map[string]string{first: hostName(0), last: hostName(hosts - 1)}, first, last); err != nil {
			return subjects, stop, err
		}
	}
	return subjects, stop, nil
}

func (b *bench) subject(name string, p *program, host string) (*subject, error) {
	headers := simple
	if b.browser {
		headers = browser
	}
	l, err := newLoad(p.addr, host, b.connections, headers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &subject{name: name, program: p, load: l}, nil
}

func (b *bench) haproxyWith(name, text, log string) (*program, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, name+"-"+log+".cfg")
	text = configuration(text, log, port, b.upstream.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return launch(port, hostName(0), b.haproxy, "-db", "-f", file)
}

func (b *bench) hawserWith(hosts int, log string) (*program, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("%d-%s", hosts, log))
	if err := manifests(filepath.Join(dir, "manifests"), hosts, b.upstream.Addr().(*net.TCPAddr).Port, b.regex); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	secure, err := freePort()
	if err != nil {
		return nil, err
	}
	p, err := launch(port, hostName(hosts-1), b.hawser, "run", "--haproxy", b.haproxy, "--manifests", filepath.Join(dir, "manifests"), "--state-dir", filepath.Join(dir, "state"),
		"--bind-address", "127.0.0.1", "--http-port", fmt.Sprint(port), "--https-port", fmt.Sprint(secure), "--access-log", log)
	if p != nil {
		p.hawser = true
	}
	return p, err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// program is a process that serves HTTP at an address.
type program struct {
	cmd   *exec.Cmd
	addr  string
	sink  *exec.Cmd // takes its log
	ended chan struct{}

	hawser bool // it starts HAProxy
}

// launch starts a program and waits until it serves the host. Its log goes through a pipe to another process that sleeps
// until something comes, as in a container.
func launch(port int, host string, argv ...string) (*program, error) {
	p := &program{cmd: exec.Command(argv[0], argv[1:]...), addr: fmt.Sprintf("127.0.0.1:%d", port), sink: exec.Command("cat"), ended: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.sink.Stdin = r // its output goes to /dev/null
	err = p.sink.Start()
	r.Close()
	if err != nil {
		w.Close()
		return nil, err
	}
	p.cmd.Stdout = w
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		w.Close() // which ends the sink
		p.sink.Wait()
		return nil, err
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	w.Close()
	for range 1200 {
		if l, err := newLoad(p.addr, host, 1, simple); err == nil {
			err = l.send(1)
			l.close()
			if err == nil {
				return p, nil
			}
		}
		select {
		case <-p.ended:
			p.stop()
			return nil, fmt.Errorf("%s ended: %v", strings.Join(argv, " "), p.cmd.ProcessState)
		case <-time.After(50 * time.Millisecond):
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s does not serve %s", strings.Join(argv, " "), host)
}

func (p *program) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill()
		<-p.ended
	}
	p.sink.Wait() // it ends when nobody can write any more
}
