package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/metrics"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// build puts the program together; cleanup removes a state directory that was made here.
func (r *runCommand) build(ctx context.Context, s Streams, log *slog.Logger) (*control.Controller, func(), error) {
	format, err := r.logFormat()
	if err != nil {
		return nil, nil, usageError{"run", err}
	}
	found, err := r.inspect(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	source, err := r.source(s, log)
	if err != nil {
		return nil, nil, err
	}
	cert, err := pki.SelfSigned(time.Now())
	if err != nil {
		return nil, nil, err
	}
	http, https, err := r.listen()
	if err != nil {
		return nil, nil, usageError{"run", err}
	}
	limit, err := process.RaiseFDLimit()
	if err != nil {
		log.Warn("The limit of open files stays as it is", "error", err)
	}
	cleanup, err := r.makeStateDir()
	if err != nil {
		return nil, nil, err
	}
	users, err := servePasswords(r.stateDir, log)
	if err != nil {
		return nil, nil, err
	}
	paths := process.Paths{
		Config:  control.ConfigPath(r.stateDir),
		Runtime: filepath.Join(r.stateDir, "run.sock"),
		Master:  filepath.Join(r.stateDir, "master.sock"),
	}
	var controller *control.Controller
	onEvent := func(e process.Event) {
		log.Warn("HAProxy", "event", e.Kind, "error", e.Err, "restarts", e.Restarts)
		if e.Kind == process.Started {
			controller.Restarted()
		}
	}
	proxy, figures := r.process(paths, limit, s.Out, log, onEvent, func() error { return controller.FlushFiles() })
	r.metrics = figures
	shown := r.newStatus(proxy)
	controller = control.New(control.Options{
		Source:   source,
		Settings: r.settings,
		Render: render.Options{
			HTTP: http, HTTPS: https, Socket: paths.Runtime, Verifier: users.socket, UserKey: users.Key(), Isolated: found.Isolated, Measure: r.compat != "",
			Spares:      spares,
			OldWorkers:  r.oldWorkers,
			MaxConn:     roomFor(limit, len(http)+len(https)+1, log),
			Nameservers: hasNameservers(),
		},
		DefaultCert: cert,
		LogFormat:   format,
		Binary:      r.haproxy,
		StateDir:    r.stateDir,
		Process:     proxy,
		Log:         log,
		Interval:    r.interval,
		DrainTime:   r.drainTime,
		Publish:     r.publisher(s),
		Users:       users.Set,
		Loaded:      r.collect.loaded,
		Abilities:   found.Abilities,
		Observe:     func(step control.Step) { figures.Observe(step); shown.Observe(step) },
	})
	return controller, func() { users.Stop(); cleanup() }, nil
}

// late is a HAProxy that the figures are asked of, and that writes into them.
type late struct{ *process.Process }

func (r *runCommand) process(paths process.Paths, limit process.FDLimit, out io.Writer, log *slog.Logger, onEvent func(process.Event), beforeRestart func() error) (*process.Process, *metrics.Metrics) {
	var proxy late
	figures := metrics.New(metrics.Options{
		HAProxy: &proxy, Version: Version, Compat: r.compat != "", NoHost: !r.perHost, Classes: r.classes, Class: r.settings.ControllerClass,
		Pod: os.Getenv("POD_NAME"), PodNS: os.Getenv("POD_NAMESPACE"), Files: limit.Soft,
	})
	proxy.Process = process.New(process.Options{
		Binary: r.haproxy, Paths: paths, AccessLog: figures.Log(out), Log: log, BufSize: render.BufferSize, OnEvent: onEvent, BeforeRestart: beforeRestart, OldWorkers: r.oldWorkers,
	})
	return proxy.Process, figures
}

// makeStateDir makes the state directory, a temporary one if none is asked for.
func (r *runCommand) makeStateDir() (cleanup func(), err error) {
	cleanup = func() {}
	if r.stateDir == "" {
		if r.stateDir, err = os.MkdirTemp("", "hawser-"); err != nil {
			return nil, fmt.Errorf("make a state directory: %w", err)
		}
		cleanup = func() { _ = os.RemoveAll(r.stateDir) }
	}
	if r.stateDir, err = filepath.Abs(r.stateDir); err != nil {
		return nil, fmt.Errorf("find the state directory: %w", err)
	}
	if len(r.stateDir) > maxStateDir {
		return nil, usageError{"run", fmt.Errorf("--state-dir %s has more than %d characters; HAProxy's sockets need a short path", r.stateDir, maxStateDir)}
	}
	if err := os.MkdirAll(r.stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	return cleanup, nil
}

// maxStateDir leaves room for the name of a socket and HAProxy's temporary suffix in the 107 bytes of unix(7).
const maxStateDir = 76

// spares is how many new routes can come between two reloads without one.
const spares = 256

// inspect fails for a HAProxy that can't do the work. What a probe can't find out counts as what is safe: sessions that are
// not isolated, and a reload for each change.
func (r *runCommand) inspect(ctx context.Context, log *slog.Logger) (binary.Findings, error) {
	info, err := binary.Inspect(ctx, r.haproxy)
	if err != nil {
		return binary.Findings{}, err
	}
	found, err := binary.Probe(ctx, r.haproxy)
	if err != nil {
		log.Warn("What HAProxy can do is not all known; the rest counts as what it can't", "error", err)
	}
	log.Info("HAProxy found", "version", info.Version, "sessionsIsolated", found.Isolated, "atRunTime", found.Abilities)
	return found, nil
}

func (r *runCommand) listen() (http, https []netip.AddrPort, err error) {
	for _, text := range r.bind {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, nil, fmt.Errorf("--bind-address %s is no address", text)
		}
		http = append(http, netip.AddrPortFrom(addr, r.httpPort))
		https = append(https, netip.AddrPortFrom(addr, r.httpsPort))
	}
	if len(http) == 0 {
		return nil, nil, errors.New("nothing to listen on: give --bind-address")
	}
	return http, https, nil
}

// fewConnections is what a busy site has open at once.
const fewConnections = 4096

// roomFor is how many connections the limit of open files allows, and says so when these are few.
func roomFor(limit process.FDLimit, listeners int, log *slog.Logger) int {
	n := process.MaxConn(limit.Soft, process.Load{Listeners: listeners, Threads: runtime.NumCPU()})
	if n < fewConnections {
		log.Warn("The limit of open files leaves room for few connections; more clients than these wait", "files", limit.Soft, "connections", n)
	}
	return n
}

func hasNameservers() bool {
	data, err := os.ReadFile("/etc/resolv.conf")
	return err == nil && len(data) > 0
}
