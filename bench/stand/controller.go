package stand

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/machine"
	"github.com/hawser-ingress/hawser/bench/profile"
)

// Controller is a running controller with the objects that it serves.
type Controller struct {
	*profile.Profile
	*Objects
	process *machine.Process
	pprof   string
}

// Start starts the controller of a profile. It doesn't wait for anything.
func (p *Place) Start(prof *profile.Profile, o *Objects) (*Controller, error) {
	p.count++
	state := filepath.Join(p.Dir, fmt.Sprintf("run%d", p.count))
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, err
	}
	w := o.words
	w.Hawser, w.HAProxy, w.State = p.Hawser, p.HAProxy, state
	if err := prof.Write(w); err != nil {
		return nil, err
	}
	argv, err := prof.Argv(w)
	if err != nil {
		return nil, err
	}
	if p.Pprof != "" && prof.Profiler != nil {
		argv = append(argv, prof.Profiler.Arguments...)
	}
	process, err := machine.Start(filepath.Join(p.Dir, fmt.Sprintf("%s-%d.log", prof.Name, p.count)), prof.Environment, argv...)
	if err != nil {
		return nil, err
	}
	return &Controller{Profile: prof, Objects: o, process: process, pprof: p.Pprof}, nil
}

// Stop ends the controller and what it has started.
func (c *Controller) Stop() error { return c.process.Stop() }

// Began is when the controller was started.
func (c *Controller) Began() time.Time { return c.process.Began }

// Ended is an error if the controller runs no more.
func (c *Controller) Ended() error { return c.process.Ended() }

// Tail is the end of the controller's output.
func (c *Controller) Tail() string { return c.process.Tail() }

// PID is that of the controller.
func (c *Controller) PID() int { return c.process.PID() }

// CPU is what the controller has used: by itself, and by children that have ended, such as checks of a configuration.
func (c *Controller) CPU() (own, children time.Duration, err error) {
	u, err := machine.UsageOf(c.PID())
	return u.CPU, u.Reaped, err
}

// Memory is that of the controller.
func (c *Controller) Memory() (machine.Memory, error) { return machine.MemoryOf(c.PID()) }

// Workers are the processes that carry the traffic.
func (c *Controller) Workers() ([]int, error) {
	if c.DataPlane == "" {
		return []int{c.PID()}, nil
	}
	pids, err := machine.Below(c.PID(), c.DataPlane)
	if err != nil {
		return nil, err
	}
	if u, err := machine.UsageOf(c.PID()); err == nil && u.Command == c.DataPlane {
		pids = append(pids, c.PID())
	}
	if len(pids) == 0 {
		return nil, errors.Join(fmt.Errorf("no process is called %s", c.DataPlane), c.Ended())
	}
	return pids, nil
}

// WorkersCPU is what the processes that carry the traffic have used.
func (c *Controller) WorkersCPU() (time.Duration, error) {
	pids, err := c.Workers()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		u, err := machine.UsageOf(pid)
		if err != nil {
			return 0, err
		}
		sum += u.CPU
	}
	return sum, nil
}

// WorkersMemory is the sum over the processes that carry the traffic.
func (c *Controller) WorkersMemory() (machine.Memory, error) {
	var sum machine.Memory
	pids, err := c.Workers()
	if err != nil {
		return sum, err
	}
	for _, pid := range pids {
		m, err := machine.MemoryOf(pid)
		if err != nil {
			continue // it has ended meanwhile
		}
		sum.Resident += m.Resident
		sum.Peak += m.Peak
	}
	return sum, nil
}

// Reloaded is how many reloads the controller has counted; without a counter it is an error to ask.
func (c *Controller) Reloaded() (float64, error) {
	if c.Reloads == nil {
		return 0, fmt.Errorf("the profile %s has no counter of reloads", c.Name)
	}
	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Get(c.Reloads.URL)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answers %s", c.Reloads.URL, answer.Status)
	}
	return c.Reloads.Sum(text)
}

// Plain is a request to site n over HTTP, Secure one over TLS.
func (c *Controller) Plain(n int) load.Target {
	return load.Target{Address: c.HTTP, Host: gen.Host(n), Path: "/api/items?of=7"}
}

func (c *Controller) Secure(n int) load.Target {
	t := c.Plain(n)
	t.Address, t.TLS = c.HTTPS, load.Fast()
	return t
}
