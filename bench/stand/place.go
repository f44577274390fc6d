// Package stand sets up what is measured: an upstream, objects in a folder or behind an API server, and a controller
// that a profile describes, with its processes in view.
//
// Everything runs in the benchmark's network namespace and ends with it.
package stand

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/profile"
	"github.com/hawser-ingress/hawser/bench/upstream"
)

// Options say where things are.
type Options struct {
	Dir          string // for everything that is written
	Hawser       string // program
	HAProxy      string // program
	ControlPlane string // program that runs an API server; needed for profiles of clusters
	Pprof        string // folder for CPU profiles of controllers; empty: none are made
}

// Place is the upstream, the objects, and room for a controller.
type Place struct {
	Options
	upstream *upstream.Server
	control  *controlPlane
	count    int // of controllers that were started
}

// Open starts the upstream.
func Open(o Options) (*Place, error) {
	up, err := upstream.Start(fmt.Sprintf("0.0.0.0:%d", gen.Port()))
	if err != nil {
		return nil, err
	}
	return &Place{Options: o, upstream: up}, nil
}

// Close ends everything that was started, the controllers aside.
func (p *Place) Close() {
	if p.control != nil {
		p.control.stop()
	}
	p.upstream.Stop()
}

// World makes a new world for profiles of a kind. There is one cluster at a time.
func (p *Place) World(objects string) (*Objects, error) {
	switch objects {
	case profile.Folder:
		dir := filepath.Join(p.Dir, "manifests")
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		f, err := gen.NewFolder(dir)
		return &Objects{Kind: objects, World: f, Book: newBook(), words: profile.Words{Manifests: dir}}, err
	case profile.Cluster:
		if p.control != nil {
			p.control.stop()
			p.control = nil
		}
		control, err := startControlPlane(p.ControlPlane, filepath.Join(p.Dir, "cluster"))
		if err != nil {
			return nil, err
		}
		p.control = control
		c, err := gen.NewCluster(control.kubeconfig)
		return &Objects{Kind: objects, World: c, Book: newBook(), words: profile.Words{Kubeconfig: control.kubeconfig}, Workers: 16}, err
	case profile.None:
		return &Objects{Kind: objects, Book: newBook()}, nil
	default:
		return nil, fmt.Errorf("objects in %q", objects)
	}
}

// Objects are a world, and the book of who may answer.
type Objects struct {
	gen.World
	*Book
	Kind string // profile.Folder, profile.Cluster or profile.None

	Workers int // how many objects may be written at once; 0 is one
	words   profile.Words
	count   int // sites
}

// Spare is the number of the first site that comes and goes; SpareCount is how many have a Secret from the start.
const (
	Spare      = 20_000
	SpareCount = 400
)

// Grow makes sites until there are count.
func (o *Objects) Grow(count int) error {
	workers := max(o.Workers, 1)
	if o.count == 0 {
		if err := gen.Secrets(o, gen.Group(Spare), gen.Groups(Spare+SpareCount), workers); err != nil {
			return err
		}
	}
	if err := gen.Fill(o, o.count, count, workers); err != nil {
		return err
	}
	o.count = max(o.count, count)
	return nil
}

// Count is the number of sites.
func (o *Objects) Count() int { return o.count }

// Replace gives a site other endpoints.
func (o *Objects) Replace(n, generation int) error {
	moved := o.Moving(n, generation)
	defer moved()
	return o.PutEndpoints(n, generation, generation)
}

// ReplaceOne gives a site one other endpoint beside the one that stays.
func (o *Objects) ReplaceOne(n int) error {
	now, next := o.Generation(n), o.NextGeneration(n)
	moved := o.Moving(n, now, next)
	defer moved()
	return o.PutEndpoints(n, now, next)
}

// controlPlane is a running API server, as a child that ends when its standard input does.
type controlPlane struct {
	cmd        *exec.Cmd
	stdin      io.Closer
	kubeconfig string
}

func startControlPlane(program, dir string) (*controlPlane, error) {
	if program == "" {
		return nil, errors.New("a cluster is asked for, and there is no program that runs one")
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	c := &controlPlane{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("the control plane did not start: %w", err)
	}
	c.kubeconfig = strings.TrimSpace(line)
	return c, nil
}

func (c *controlPlane) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
}
