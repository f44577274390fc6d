package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

// inputs are the flags that say what is compiled; run, render and explain share them.
type inputs struct {
	manifests   []string
	configMap   string
	defaultCert string
	accessLog   string
	// defaultBackend and what follows it are kept apart from settings until they are parsed.
	defaultBackend string
	tcpServices    string
	settings       snapshot.Settings
	httpPort       uint16
	httpsPort      uint16
	cluster        cluster
}

func (i *inputs) register(c *cobra.Command) {
	i.settings = snapshot.DefaultSettings()
	f := c.Flags()
	f.StringArrayVar(&i.manifests, "manifests", nil, "file or folder of Kubernetes manifests, or - for standard input; may be given several times")
	i.cluster.register(f)
	f.StringVar(&i.configMap, "configmap", "", "ConfigMap with the controller's settings, namespace/name")
	f.StringVar(&i.defaultCert, "default-ssl-certificate", "", "Secret with the certificate for unknown hosts, namespace/name (default: self-signed)")
	f.StringVar(&i.settings.ControllerClass, "controller-class", i.settings.ControllerClass, "spec.controller of the IngressClasses that are served")
	f.StringVar(&i.settings.IngressClass, "ingress-class", i.settings.IngressClass, "value of the older annotation kubernetes.io/ingress.class that is served")
	f.StringVar(&i.defaultBackend, "default-backend-service", "", "Service for requests that nothing else serves, namespace/name; its first port counts (default: 404)")
	f.StringVar(&i.tcpServices, "tcp-services-configmap", "", "ConfigMap with TCP ports, namespace/name; each key is a port, its value namespace/service:port[:PROXY[:PROXY]]")
	f.BoolVar(&i.settings.NoCatchAll, "disable-catch-all", false, "do not serve Ingresses with a spec.defaultBackend")
	f.BoolVar(&i.settings.Passthrough, "enable-ssl-passthrough", false, "pass TLS connections through to the servers of hosts that ask for it")
	f.BoolVar(&i.settings.NoExternalName, "disable-svc-external-name", false, "do not serve Services of type ExternalName")
	f.BoolVar(&i.settings.ClassByName, "ingress-class-by-name", false, "serve the IngressClass named by --ingress-class whatever its controller")
	f.BoolVar(&i.settings.WithoutClass, "watch-ingress-without-class", false, "serve Ingresses that name no class")
	f.StringVar(&i.settings.AnnotationsPrefix, "annotations-prefix", i.settings.AnnotationsPrefix, "prefix of the annotations")
	f.BoolVar(&i.settings.AllowSnippets, "allow-snippet-annotations", false, "read annotations with lines of nginx; annotations-risk-level must be Critical, too (the ConfigMap key of this name is stronger)")
	f.BoolVar(&i.settings.PartialSnippets, "allow-partial-snippets", false, "serve a route although a line of its snippets has no rule; lines that protect close it in any case")
	f.StringVar(&i.settings.Zone, "topology-zone", "", "zone of this replica, for --enable-topology-aware-routing (default: that of its node)")
	f.StringVar(&i.accessLog, "access-log", "text", "form of the access log on standard output: text, json or off")
	f.Uint16Var(&i.httpPort, "http-port", 80, "port of HTTP")
	f.Uint16Var(&i.httpsPort, "https-port", 443, "port of HTTPS")
}

// resolve checks the flags and fills the settings.
func (i *inputs) resolve() error {
	switch {
	case len(i.manifests) > 0 && i.cluster.chosen():
		return errors.New("--manifests and a cluster exclude each other")
	case len(i.manifests) == 0 && !i.cluster.chosen() && !inPod():
		return errors.New("nothing to serve: give --manifests or --kubeconfig; this is no pod with a ServiceAccount")
	}
	err := i.cluster.check()
	if err != nil {
		return err
	}
	if i.settings.ConfigMap, err = namespacedName("configmap", i.configMap); err != nil {
		return err
	}
	if i.settings.DefaultCert, err = namespacedName("default-ssl-certificate", i.defaultCert); err != nil {
		return err
	}
	if i.settings.DefaultBackend, err = namespacedName("default-backend-service", i.defaultBackend); err != nil {
		return err
	}
	if i.settings.TCPServices, err = namespacedName("tcp-services-configmap", i.tcpServices); err != nil {
		return err
	}
	if !i.cluster.topology {
		i.settings.Zone = ""
	}
	i.settings.HTTPPort, i.settings.HTTPSPort = i.httpPort, i.httpsPort
	// In a cluster, IngressClasses exist, and there is no end of Ingresses that others serve.
	i.settings.AssumeClass, i.settings.ReportForeign = !i.fromCluster(), !i.fromCluster()
	return nil
}

func (i *inputs) fromCluster() bool { return len(i.manifests) == 0 }

func (i *inputs) logFormat() (model.LogFormat, error) {
	switch i.accessLog {
	case "text":
		return model.LogText, nil
	case "json":
		return model.LogJSON, nil
	case "off":
		return model.LogOff, nil
	default:
		return 0, fmt.Errorf("--access-log %s is none of text, json, off", i.accessLog)
	}
}

func (i *inputs) open(stdin io.Reader) (*dir.Source, error) { return dir.Open(i.manifests, stdin) }

// read gives the objects once.
func (i *inputs) read(s Streams) (*snapshot.Objects, issue.List, error) {
	if i.fromCluster() {
		return i.cluster.read(i.settings, s)
	}
	source, err := i.open(s.In)
	if err != nil {
		return nil, nil, err
	}
	return source.Load()
}

func namespacedName(flag, s string) (types.NamespacedName, error) {
	if s == "" {
		return types.NamespacedName{}, nil
	}
	namespace, name, ok := strings.Cut(s, "/")
	if !ok || namespace == "" || name == "" {
		return types.NamespacedName{}, fmt.Errorf("--%s %s is not namespace/name", flag, s)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}
