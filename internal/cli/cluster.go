package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/kube"
)

// cluster are the flags that say which API server is read, and what of it.
type cluster struct {
	kubeconfig, context string
	server, ca          string
	namespace, selector string
	syncPeriod          time.Duration
	topology            bool
}

func (c *cluster) register(f *pflag.FlagSet) {
	c.reach(f)
	f.StringVar(&c.namespace, "watch-namespace", "", "the only namespace to read (default: all)")
	f.StringVar(&c.selector, "watch-namespace-selector", "", "labels of the namespaces to read, such as team=web")
	f.BoolVar(&c.topology, "enable-topology-aware-routing", false, "prefer endpoints that are meant for the zone of this replica, for Services that ask for it")
	f.DurationVar(&c.syncPeriod, "sync-period", 0, "compile at least this often, even if nothing changed; 0: no")
}

// reach are the flags that say which API server.
func (c *cluster) reach(f *pflag.FlagSet) {
	f.StringVar(&c.kubeconfig, "kubeconfig", "", "read a cluster: file with the API server and the credentials (in a pod, neither this nor --manifests is needed)")
	f.StringVar(&c.context, "context", "", "context of the kubeconfig; without --kubeconfig that of $KUBECONFIG or ~/.kube/config")
	f.StringVar(&c.server, "apiserver-host", "", "address of the API server, instead of the kubeconfig's or the pod's")
	f.StringVar(&c.ca, "certificate-authority", "", "file with the CA of --apiserver-host")
}

// inPod reports whether a ServiceAccount's credentials are there.
func inPod() bool {
	_, err := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/token")
	return err == nil && os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// chosen reports whether flags ask for a cluster.
func (c *cluster) chosen() bool { return c.kubeconfig != "" || c.context != "" || c.server != "" }

// loader reads the kubeconfig as kubectl does.
func (c *cluster) loader() clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if c.kubeconfig != "" {
		rules = &clientcmd.ClientConfigLoadingRules{ExplicitPath: c.kubeconfig}
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{
		CurrentContext: c.context, ClusterInfo: clientcmdapi.Cluster{Server: c.server},
	})
}

func (c *cluster) check() error {
	if c.namespace != "" && c.selector != "" {
		return errors.New("--watch-namespace and --watch-namespace-selector exclude each other")
	}
	if c.ca != "" && c.server == "" {
		return errors.New("--certificate-authority is for --apiserver-host, which is not given")
	}
	_, err := c.labels()
	return err
}

// labels is nil without a selector.
func (c *cluster) labels() (labels.Selector, error) {
	if c.selector == "" {
		return nil, nil
	}
	s, err := labels.Parse(c.selector)
	if err != nil {
		return nil, fmt.Errorf("--watch-namespace-selector %s: %w", c.selector, err)
	}
	return s, nil
}

// config reaches the API server. Protobuf costs a fraction of JSON to decode.
func (c *cluster) config() (*rest.Config, error) {
	var config *rest.Config
	var err error
	if c.kubeconfig != "" || c.context != "" || c.server == "" && !inPod() {
		config, err = c.loader().ClientConfig()
	} else if c.server != "" {
		config, err = clientcmd.BuildConfigFromFlags(c.server, "")
	} else {
		config, err = rest.InClusterConfig()
	}
	if err != nil {
		return nil, fmt.Errorf("find the API server: %w", err)
	}
	if c.ca != "" {
		config.TLSClientConfig = rest.TLSClientConfig{CAFile: c.ca}
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.UserAgent = "hawser/" + Version
	config.QPS, config.Burst = 50, 100
	return config, nil
}

// ownNamespace is that of the pod, else of the kubeconfig's context.
func (c *cluster) ownNamespace() string {
	if own := os.Getenv("POD_NAMESPACE"); own != "" {
		return own
	}
	if c.kubeconfig != "" || c.context != "" {
		if n, _, err := c.loader().Namespace(); err == nil {
			return n
		}
	}
	if data, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace"); err == nil {
		if own := strings.TrimSpace(string(data)); own != "" {
			return own
		}
	}
	return "default"
}

// source makes the source; nothing is asked of the API server before its Watch.
func (c *cluster) source(client kubernetes.Interface, settings snapshot.Settings, services []types.NamespacedName, log *slog.Logger) (*kube.Source, error) {
	selector, err := c.labels()
	if err != nil {
		return nil, err
	}
	named := kube.Named{Services: services}
	if settings.DefaultCert.Name != "" {
		named.Secrets = append(named.Secrets, settings.DefaultCert)
	}
	if settings.DefaultBackend.Name != "" {
		named.Services = append(named.Services, settings.DefaultBackend)
	}
	if settings.ConfigMap.Name != "" {
		named.ConfigMaps = append(named.ConfigMaps, settings.ConfigMap)
	}
	if settings.TCPServices.Name != "" {
		named.ConfigMaps = append(named.ConfigMaps, settings.TCPServices)
	}
	return kube.New(kube.Options{
		Client: client, Settings: settings, Namespace: c.namespace, Selector: selector, Named: named,
		Resync: c.syncPeriod, Log: log,
	}), nil
}

// readLimit is how long a command that reads a cluster once waits for it.
const readLimit = time.Minute

// read reads a cluster once.
func (c *cluster) read(settings snapshot.Settings, s Streams) (*snapshot.Objects, issue.List, error) {
	config, err := c.config()
	if err != nil {
		return nil, nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the API server: %w", err)
	}
	source, err := c.source(client, settings, nil, slog.New(slog.NewTextHandler(s.Err, nil)))
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	done := make(chan error, 1)
	go func() { done <- source.Watch(ctx, func() {}) }()
	objects, issues, err := source.Load()
	cancel()
	return objects, issues, errors.Join(err, <-done)
}
