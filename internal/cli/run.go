package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/pki"
)

type runCommand struct {
	inputs
	bind      []string
	stateDir  string
	haproxy   string
	admin     string
	output    string
	interval  time.Duration
	drainTime time.Duration
	attend    attendFlags
	health    healthFlags
	shutdown  shutdownFlags
	klog      klogFlags
	webhook   webhookFlags
	attendant *attendant           // nil without a cluster
	client    kubernetes.Interface // nil without a cluster
}

func newRun(s Streams) *cobra.Command {
	var r runCommand
	c := &cobra.Command{
		Use:   "run [--manifests DIR | --kubeconfig FILE]",
		Short: "Serve the Ingresses and follow every change",
		Long: `Run compiles the Ingresses, starts HAProxy and follows every change of what it reads. Issues go to standard error,
the access log to standard output. A change that HAProxy refuses is reported, its objects are closed, and everything
else goes live. SIGTERM drains.

In a pod the cluster is read with the pod's ServiceAccount. The flags of ingress-nginx are accepted; those that have no
effect are named in the log with the reason.`,
		Example: `  hawser run --manifests ./ingresses --bind-address 127.0.0.1 --http-port 8080 --https-port 8443
  kubectl get ingress,svc,endpointslice,secret,configmap,ingressclass -A -o yaml | hawser run --manifests -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return r.run(c.Context(), s, c.Flags()) },
	}
	r.register(c)
	outputFlag(c, &r.output)
	f := c.Flags()
	f.StringSliceVar(&r.bind, "bind-address", []string{"0.0.0.0", "::"}, "addresses to listen on")
	f.StringVar(&r.stateDir, "state-dir", "", "folder for HAProxy's files and sockets (default: a private temporary one)")
	f.StringVar(&r.haproxy, "haproxy", "haproxy", "HAProxy to start")
	f.StringVar(&r.admin, "admin-address", "", "address of /healthz and /readyz, such as 127.0.0.1:10254; empty: none")
	f.DurationVar(&r.interval, "reload-interval", 500*time.Millisecond, "the least time between two reloads")
	f.DurationVar(&r.drainTime, "drain-time", 30*time.Second, "how long connections may end after SIGTERM")
	r.attend.register(f)
	r.health.register(f)
	r.shutdown.register(f)
	r.webhook.register(f)
	r.klog.register(f)
	registerCompat(f) // last: what has a meaning is registered before
	return c
}

func (r *runCommand) run(ctx context.Context, s Streams, f *pflag.FlagSet) error {
	if r.shutdown.version {
		return printVersion(s)
	}
	if err := r.check(f); err != nil {
		return usageError{"run", err}
	}
	log := slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: r.klog.level()}))
	if err := r.klog.bridge(log); err != nil {
		return usageError{"run", err}
	}
	warnCompat(f, log)
	controller, cleanup, err := r.build(ctx, s, log)
	if err != nil {
		return err
	}
	defer cleanup()
	stopAdmin, err := r.serveAdmin(ctx, controller, log)
	if err != nil {
		return err
	}
	defer stopAdmin()
	stopWebhook, err := r.webhook.serve(ctx, controller, r.client, log)
	if err != nil {
		return err
	}
	defer stopWebhook()
	go func() {
		select {
		case <-controller.Ready():
			log.Info("Serving", "http", r.httpPort, "https", r.httpsPort)
		case <-ctx.Done():
		}
	}()
	return r.serve(ctx, controller, log)
}

// check resolves the flags and fills those that depend on others.
func (r *runCommand) check(f *pflag.FlagSet) error {
	if err := r.resolve(); err != nil {
		return err
	}
	if err := r.attend.check(); err != nil {
		return err
	}
	if err := r.webhook.check(r.fromCluster()); err != nil {
		return err
	}
	if err := r.shutdown.check(f, &r.interval); err != nil {
		return err
	}
	return r.health.resolve(f, r.fromCluster(), &r.admin)
}

// build puts the program together; cleanup removes a state directory that was made here.
func (r *runCommand) build(ctx context.Context, s Streams, log *slog.Logger) (*control.Controller, func(), error) {
	cleanup := func() {}
	format, err := r.logFormat()
	if err != nil {
		return nil, nil, usageError{"run", err}
	}
	isolated, err := r.inspect(ctx, log)
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
	if r.stateDir == "" {
		if r.stateDir, err = os.MkdirTemp("", "hawser-"); err != nil {
			return nil, nil, fmt.Errorf("make a state directory: %w", err)
		}
		cleanup = func() { _ = os.RemoveAll(r.stateDir) }
	}
	if r.stateDir, err = filepath.Abs(r.stateDir); err != nil {
		return nil, nil, fmt.Errorf("find the state directory: %w", err)
	}
	if err := os.MkdirAll(r.stateDir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the state directory: %w", err)
	}
	http, https, err := r.listen()
	if err != nil {
		return nil, nil, usageError{"run", err}
	}
	limit, err := process.RaiseFDLimit()
	if err != nil {
		log.Warn("The limit of open files stays as it is", "error", err)
	}
	if len(r.stateDir) > maxStateDir {
		return nil, nil, usageError{"run", fmt.Errorf("--state-dir %s has more than %d characters; HAProxy's sockets need a short path", r.stateDir, maxStateDir)}
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
	controller = control.New(control.Options{
		Source:   source,
		Settings: r.settings,
		Render: render.Options{
			HTTP: http, HTTPS: https, Socket: paths.Runtime, Isolated: isolated,
			Spares:      spares,
			MaxConn:     process.MaxConn(limit.Soft, process.Load{Listeners: len(http) + len(https) + 1}),
			Nameservers: hasNameservers(),
		},
		DefaultCert: cert,
		LogFormat:   format,
		Binary:      r.haproxy,
		StateDir:    r.stateDir,
		Process: process.New(process.Options{
			Binary: r.haproxy, Paths: paths, AccessLog: s.Out, Log: log, BufSize: render.BufferSize,
			OnEvent: onEvent,
		}),
		Log:       log,
		Interval:  r.interval,
		DrainTime: r.drainTime,
		Publish:   r.publisher(s),
	})
	return controller, cleanup, nil
}

// maxStateDir leaves room for the name of a socket and HAProxy's temporary suffix in the 107 bytes of unix(7).
const maxStateDir = 76

// spares is how many new routes can come between two reloads without one.
const spares = 256

// inspect fails for a HAProxy that can't do the work. A probe that fails counts as sessions that are not isolated.
func (r *runCommand) inspect(ctx context.Context, log *slog.Logger) (isolated bool, err error) {
	info, err := binary.Inspect(ctx, r.haproxy)
	if err != nil {
		return false, err
	}
	isolated, err = binary.Probe(ctx, r.haproxy)
	if err != nil {
		log.Warn("How HAProxy resumes TLS sessions is not known; they count where they were made", "error", err)
	}
	log.Info("HAProxy found", "version", info.Version, "sessionsIsolated", isolated)
	return isolated, nil
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

// publisher prints the issues that were not there before.
func (r *runCommand) publisher(s Streams) func(issue.List) {
	known := map[issue.Issue]bool{}
	return func(list issue.List) {
		now := map[issue.Issue]bool{}
		var fresh issue.List
		for _, i := range list {
			now[i] = true
			if !known[i] {
				fresh = append(fresh, i)
			}
		}
		known = now
		if r.attendant != nil {
			r.attendant.publish(list)
		}
		if len(fresh) > 0 {
			_ = writeIssues(s.Err, r.output, fresh) // a closed standard error must not stop traffic
		}
	}
}

func hasNameservers() bool {
	data, err := os.ReadFile("/etc/resolv.conf")
	return err == nil && len(data) > 0
}
