package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/metrics"
	"github.com/hawser-ingress/hawser/internal/statuspage"
)

type runCommand struct {
	inputs
	bind       []string
	stateDir   string
	haproxy    string
	admin      string
	output     string
	interval   time.Duration
	drainTime  time.Duration
	oldWorkers int
	attend     attendFlags
	health     healthFlags
	shutdown   shutdownFlags
	collect    collect
	klog       klogFlags
	webhook    webhookFlags
	profiling  profilingFlags
	compat     string
	perHost    bool
	classes    bool
	attendant  *attendant           // nil without a cluster
	client     kubernetes.Interface // nil without a cluster
	metrics    *metrics.Metrics
	page       bool
	status     *statuspage.Status
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
	f.StringVar(&r.admin, "admin-address", "", "address of /healthz, /readyz, /metrics and /status, such as 127.0.0.1:10254; empty: none")
	f.BoolVar(&r.page, "status-page", true, "show what is served on the admin address: /status, and /status.json for programs")
	f.DurationVar(&r.interval, "reload-interval", 500*time.Millisecond, "the least time between two reloads")
	f.IntVar(&r.oldWorkers, "old-workers", 20, "how many HAProxy processes that were replaced may serve their last connections; the oldest beyond these is ended")
	f.DurationVar(&r.drainTime, "drain-time", 30*time.Second, "how long connections may end after SIGTERM")
	r.attend.register(f)
	r.health.register(f)
	r.shutdown.register(f)
	r.webhook.register(f)
	r.profiling.register(f)
	f.StringVar(&r.compat, "metrics-compat", "", "offer the figures of another controller under their names, too: ingress-nginx")
	f.BoolVar(&r.perHost, "metrics-per-host", true, "label the figures of --metrics-compat with the host")
	f.BoolVar(&r.classes, "report-status-classes", false, "label the figures of --metrics-compat with 2xx in place of 200")
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
	stopProfiling, err := r.profiling.serve(log)
	if err != nil {
		return err
	}
	defer stopProfiling()
	r.collect.on = os.Getenv("GOGC") == ""
	r.collect.reading()
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
			return
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
	if r.oldWorkers < 1 {
		return fmt.Errorf("--old-workers %d: there is at least one while HAProxy is reloaded", r.oldWorkers)
	}
	if r.compat != "" && r.compat != "ingress-nginx" {
		return fmt.Errorf("--metrics-compat %s: there is only ingress-nginx", r.compat)
	}
	if err := r.webhook.check(r.fromCluster()); err != nil {
		return err
	}
	if r.attend.shadow && r.webhook.address != "" {
		return errors.New("--shadow and --validating-webhook exclude each other: a webhook decides about what others write")
	}
	if err := r.shutdown.check(f, &r.interval); err != nil {
		return err
	}
	return r.health.resolve(f, r.fromCluster(), &r.admin)
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
