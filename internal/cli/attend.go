package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/hawser-ingress/hawser/internal/events"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/leader"
	"github.com/hawser-ingress/hawser/internal/source/kube"
	"github.com/hawser-ingress/hawser/internal/status"
)

// attendFlags say what is written back to the cluster.
type attendFlags struct {
	publishService   string
	publishAddresses string
	nodeInternal     bool
	updateStatus     bool
	removeStatus     bool
	statusInterval   int
	electionID       string
	electionTTL      time.Duration
	noElection       bool
	shadow           bool
}

func (a *attendFlags) register(f *pflag.FlagSet) {
	f.StringVar(&a.publishService, "publish-service", "", "Service whose addresses go into the status of Ingresses, namespace/name")
	f.StringVar(&a.publishAddresses, "publish-status-address", "", "addresses or host names that go there instead, separated by commas")
	f.BoolVar(&a.nodeInternal, "report-node-internal-ip-address", false, "without both: internal addresses of the nodes instead of external ones")
	f.BoolVar(&a.updateStatus, "update-status", true, "write the status of Ingresses; false leaves no trace of this controller in it")
	f.BoolVar(&a.removeStatus, "update-status-on-shutdown", true, "remove it when the last replica ends")
	f.IntVar(&a.statusInterval, "status-update-interval", 60, "seconds between two looks at the status of all Ingresses, at least 5; changes are followed at once")
	f.StringVar(&a.electionID, "election-id", "hawser-leader", "Lease by which replicas agree who writes status and Events")
	f.DurationVar(&a.electionTTL, "election-ttl", 30*time.Second, "how long that Lease is held without a sign of life")
	f.BoolVar(&a.shadow, "shadow", false, "serve and write nothing to the cluster: no status, no Events, no Lease; for a trial beside another controller")
	f.BoolVar(&a.noElection, "disable-leader-election", false, "write without a Lease: for a single replica only")
}

func (a *attendFlags) check() error {
	if a.publishService != "" && a.publishAddresses != "" {
		return errors.New("--publish-service and --publish-status-address exclude each other")
	}
	if a.statusInterval < 5 {
		return fmt.Errorf("--status-update-interval %d is less than 5 seconds", a.statusInterval)
	}
	if a.electionTTL < 2*time.Second {
		return fmt.Errorf("--election-ttl %s is less than 2s", a.electionTTL)
	}
	_, err := namespacedName("publish-service", a.publishService)
	return err
}

// attendant writes what became of the Ingresses back to the cluster, one replica at a time.
type attendant struct {
	flags     attendFlags
	client    kubernetes.Interface
	namespace string // of the Lease
	identity  string
	pods      status.Pods
	writer    *status.Writer // nil: no status is written
	recorder  *events.Recorder
	log       *slog.Logger
}

func (a attendFlags) attendant(config *rest.Config, source *kube.Source, namespace string, log *slog.Logger) (*attendant, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	slow := rest.CopyConfig(config)
	slow.QPS, slow.Burst = 10, 50
	eventClient, err := kubernetes.NewForConfig(slow)
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	out := &attendant{
		flags: a, client: client, namespace: namespace, identity: identity(), log: log,
		pods: status.Pods{Client: client, Namespace: os.Getenv("POD_NAMESPACE"), Name: os.Getenv("POD_NAME")},
	}
	out.recorder = events.New(events.Options{Client: eventClient, Object: source.Object, Instance: out.identity, Log: log})
	if !a.updateStatus {
		return out, nil
	}
	service, err := namespacedName("publish-service", a.publishService)
	if err != nil {
		return nil, err
	}
	out.writer = status.New(status.Options{
		Client: client, Ingresses: source.Ingresses, Addresses: a.addresses(service, source, client, out.pods),
		Interval: time.Duration(a.statusInterval) * time.Second, Changed: source.StatusChanged(), Pods: out.pods, Log: log,
	})
	return out, nil
}

func (a attendFlags) addresses(service types.NamespacedName, source *kube.Source, client kubernetes.Interface, pods status.Pods) status.Addresses {
	switch {
	case service.Name != "":
		return status.FromService(service, source.Service)
	case a.publishAddresses != "":
		return status.Fixed(strings.FieldsFunc(a.publishAddresses, func(r rune) bool { return r == ',' || r == ' ' }))
	default:
		return status.FromNodes(client, pods, a.nodeInternal)
	}
}

// identity is the pod's name, so that a container that starts again leads again at once; elsewhere it is new each time.
func identity() string {
	host, _ := os.Hostname()
	return cmp.Or(os.Getenv("POD_NAME"), cmp.Or(host, "hawser")+"-"+strings.ToLower(rand.Text()[:8]))
}

// publish hands issues over.
func (a *attendant) publish(list issue.List) { a.recorder.Set(list) }

// run works from ready on until ctx ends. Then the last replica removes the status before it gives the Lease back.
func (a *attendant) run(ctx context.Context, ready <-chan struct{}) {
	select {
	case <-ready:
	case <-ctx.Done():
		return
	}
	led := false
	lead := func(leading context.Context) {
		a.lead(leading)
		if ctx.Err() != nil {
			led = true
			a.withdraw(ctx)
		}
	}
	if a.flags.noElection {
		lead(ctx)
		return
	}
	err := leader.Run(ctx, leader.Options{
		Client: a.client, Namespace: a.namespace, Name: a.flags.electionID, Identity: a.identity, TTL: a.flags.electionTTL, Log: a.log,
	}, lead)
	if err != nil {
		a.log.Error("No status and no Events are written", "error", err)
	}
	if !led && a.pods.Known() { // the leader may have gone while this replica was still there
		a.withdraw(ctx)
	}
}

func (a *attendant) lead(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	if a.writer != nil {
		work.Go(func() { a.writer.Run(ctx) })
	}
	work.Go(func() { a.recorder.Run(ctx) })
}

// withdrawLimit bounds what an API server that does not answer adds to the shutdown.
const withdrawLimit = 15 * time.Second

func (a *attendant) withdraw(ended context.Context) {
	if a.writer == nil || !a.flags.removeStatus {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ended), withdrawLimit)
	defer cancel()
	if err := a.writer.Withdraw(ctx); err != nil {
		a.log.Warn("The status of Ingresses is not removed", "error", err)
	}
}
