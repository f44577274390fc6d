package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/takeover"
)

// move are the flags that say which controllers a takeover is about; preflight, shadow, takeover and rollback share them.
type move struct {
	cluster
	from, to string
	traffic  string
	dnsMoved bool
	output   string
}

func (m *move) register(c *cobra.Command) {
	f := c.Flags()
	m.reach(f)
	f.StringVar(&m.from, "from", "", "Deployment or DaemonSet of ingress-nginx, namespace/name (default: the only one)")
	f.StringVar(&m.to, "to", "", "Deployment or DaemonSet of Hawser, namespace/name (default: the only one)")
	f.StringVar(&m.traffic, "traffic", "", "how clients move: service (the Service of ingress-nginx selects Hawser's pods) or address (status and DNS change); default: service if both are in one namespace")
	outputFlag(c, &m.output)
}

func (m *move) check() error {
	if m.output != "text" && m.output != "json" {
		return fmt.Errorf("-o %s is neither text nor json", m.output)
	}
	switch takeover.Traffic(m.traffic) {
	case "", takeover.ByService, takeover.ByAddress:
	default:
		return fmt.Errorf("--traffic %s is neither service nor address", m.traffic)
	}
	for name, value := range map[string]string{"from": m.from, "to": m.to} {
		if _, err := namespacedName(name, value); err != nil {
			return err
		}
	}
	if m.ca != "" && m.server == "" {
		return errors.New("--certificate-authority is for --apiserver-host, which is not given")
	}
	return nil
}

// connect reaches the cluster as kubectl does.
func (m *move) connect() (kubernetes.Interface, error) {
	config, err := m.config()
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	return client, nil
}

// state is what a takeover left in the namespace of --to, or anywhere.
func (m *move) state(ctx context.Context, client kubernetes.Interface) (*takeover.State, error) {
	to, err := namespacedName("to", m.to)
	if err != nil {
		return nil, err
	}
	return takeover.LoadState(ctx, client, to.Namespace)
}

// survey reads the cluster once.
func (m *move) survey(ctx context.Context, client kubernetes.Interface, state *takeover.State) (*takeover.Scene, error) {
	reading, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	world, err := takeover.Read(reading, client)
	if err != nil {
		return nil, err
	}
	return takeover.Survey(world, takeover.Options{From: m.from, To: m.to, Traffic: takeover.Traffic(m.traffic), DNSMoved: m.dnsMoved, State: state})
}

func newPreflight(s Streams) *cobra.Command {
	var m move
	c := &cobra.Command{
		Use:   "preflight [--kubeconfig FILE | --context NAME]",
		Short: "Find what bites when Hawser takes over from ingress-nginx",
		Long: `Preflight reads the cluster that kubectl would talk to, finds ingress-nginx and Hawser in it, and tells what would go
wrong in a takeover. It changes nothing. It looks at

  - Hawser itself: is it ready, does it serve the same Ingresses, with the same flags, settings and TCP ports;
  - IngressClass and Service: who owns them, and what helm uninstall would take away;
  - the Service: its address, its ports, externalTrafficPolicy; ports of nodes that both want;
  - the admission webhook of ingress-nginx, and dead ones that refuse every Ingress;
  - NetworkPolicies that let ingress-nginx reach backends, and not Hawser;
  - external-dns, which reads status; cert-manager's solvers and challenges under way;
  - leader Leases, rollouts with a gap, disruption budgets, other controllers of the same class, and GitOps;
  - your own rights, and those of Hawser's ServiceAccount.

Each finding has the object, why it bites and what to do, and is blocking (requests, addresses or writes would be lost),
a warning (it depends on what objects don't tell) or a note. What may not be read is listed as not checked.

The exit status is 0 without a blocking finding, 3 with one, 2 for a wrong command line, 1 if the look itself failed.`,
		Example: `  hawser preflight
  hawser preflight --context production --from ingress-nginx/ingress-nginx-controller -o json | jq '.findings[] | select(.severity == "blocking")'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.preflight(c.Context(), s) },
	}
	m.register(c)
	return c
}

// blocked is the exit status for findings that keep a takeover from beginning.
const blocked resultError = 3

func (m *move) preflight(ctx context.Context, s Streams) error {
	if err := m.check(); err != nil {
		return usageError{"preflight", err}
	}
	client, err := m.connect()
	if err != nil {
		return err
	}
	_, report, err := m.look(ctx, client)
	if err != nil {
		return err
	}
	if m.output == "json" {
		err = report.WriteJSON(s.Out)
	} else {
		err = report.WriteFindings(s.Out)
	}
	if err == nil && report.Count(takeover.Blocking) > 0 {
		err = blocked
	}
	return err
}

// look reads the cluster and reports what was found.
func (m *move) look(ctx context.Context, client kubernetes.Interface) (*takeover.Scene, *takeover.Report, error) {
	state, err := m.state(ctx, client)
	if err != nil {
		return nil, nil, err
	}
	scene, err := m.survey(ctx, client, state)
	if err != nil {
		return nil, nil, err
	}
	rights, err := takeover.Rights(ctx, client, scene)
	if err != nil {
		return nil, nil, err
	}
	return scene, scene.Report(rights), nil
}
