package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/control"
)

// source is what is served from: manifests, or a cluster with the attendant that writes back to it.
func (r *runCommand) source(s Streams, log *slog.Logger) (control.Source, error) {
	if !r.fromCluster() {
		source, err := r.open(s.In)
		if err != nil {
			return nil, err
		}
		source.Log = log
		return source, nil
	}
	config, err := r.cluster.config()
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	r.client = client
	if r.cluster.topology && r.settings.Zone == "" {
		r.settings.Zone = zoneOfPod(client, r.cluster.ownNamespace(), log)
	}
	var services []types.NamespacedName
	if service, err := namespacedName("publish-service", r.attend.publishService); err != nil {
		return nil, err
	} else if service.Name != "" {
		services = append(services, service)
	}
	source, err := r.cluster.source(client, r.settings, services, log)
	if err != nil {
		return nil, err
	}
	if r.attend.shadow {
		log.Info("Nothing is written to the cluster: --shadow")
		return source, nil
	}
	r.attendant, err = r.attend.attendant(config, source, r.cluster.ownNamespace(), log)
	return source, err
}

// serve runs the loop until the grace period after ctx is over. Status and leadership are given up when ctx ends.
func (r *runCommand) serve(ctx context.Context, c *control.Controller, log *slog.Logger) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	attending, leave := context.WithCancel(ctx)
	var attended sync.WaitGroup
	if r.attendant != nil {
		attended.Go(func() { r.attendant.run(attending, c.Ready()) })
	}
	defer context.AfterFunc(ctx, func() {
		defer stop()
		if r.shutdown.grace == 0 {
			return
		}
		log.Info("Shutting down after the grace period", "seconds", r.shutdown.grace)
		timer := time.NewTimer(time.Duration(r.shutdown.grace) * time.Second)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-serving.Done():
		}
	})()
	err := c.Run(serving)
	leave()
	attended.Wait()
	if ctx.Err() != nil && err == nil {
		time.Sleep(time.Duration(r.shutdown.after) * time.Second)
	}
	return err
}

// shutdownFlags say how the program ends, and what else it does before it begins.
type shutdownFlags struct {
	grace, after int
	rate         float32
	version      bool
}

func (f *shutdownFlags) register(flags *pflag.FlagSet) {
	flags.IntVar(&f.grace, "shutdown-grace-period", 0, "seconds to go on serving after SIGTERM, while load balancers learn that this replica goes; /readyz says no")
	flags.IntVar(&f.after, "post-shutdown-grace-period", 0, "seconds to wait after HAProxy has ended")
	flags.Float32Var(&f.rate, "sync-rate-limit", 0, "most reloads a second, another form of --reload-interval")
	flags.BoolVar(&f.version, "version", false, "print the version and exit")
}

func (f *shutdownFlags) check(flags *pflag.FlagSet, interval *time.Duration) error {
	if f.grace < 0 || f.after < 0 || f.rate < 0 {
		return fmt.Errorf("--shutdown-grace-period, --post-shutdown-grace-period and --sync-rate-limit can't be negative")
	}
	if f.rate > 0 && !flags.Changed("reload-interval") {
		*interval = time.Duration(float64(time.Second) / float64(f.rate))
	}
	return nil
}

// healthFlags are ingress-nginx's way to say --admin-address.
type healthFlags struct {
	host, path string
	port       int
}

func (h *healthFlags) register(f *pflag.FlagSet) {
	f.StringVar(&h.host, "healthz-host", "", "address of /healthz and /readyz, with --healthz-port another form of --admin-address")
	f.IntVar(&h.port, "healthz-port", 10254, "port of them; it is open without being asked for when a cluster is served")
	f.StringVar(&h.path, "health-check-path", "/healthz", "a further path that answers as /healthz does")
}

func (h *healthFlags) resolve(f *pflag.FlagSet, cluster bool, admin *string) error {
	if !strings.HasPrefix(h.path, "/") || strings.ContainsAny(h.path, " {}") || slices.Contains([]string{"/readyz", "/metrics", "/status", "/status.json"}, h.path) {
		return fmt.Errorf("--health-check-path %s is no path for it", h.path)
	}
	if h.port < 0 || h.port > 65535 {
		return fmt.Errorf("--healthz-port %d is no port", h.port)
	}
	asked := f.Changed("healthz-host") || f.Changed("healthz-port")
	if !f.Changed("admin-address") && (asked || cluster) {
		*admin = net.JoinHostPort(h.host, strconv.Itoa(h.port))
	}
	return nil
}

func (h *healthFlags) paths() []string {
	paths := []string{"/healthz", h.path}
	slices.Sort(paths)
	return slices.Compact(paths)
}
