package snapshot

import "k8s.io/apimachinery/pkg/types"

// Settings are the flags that shape a compile. The zero value serves nothing: see DefaultSettings.
type Settings struct {
	ControllerClass   string               // spec.controller of the IngressClasses that are served
	IngressClass      string               // value of the annotation kubernetes.io/ingress.class
	ClassByName       bool                 // an IngressClass of the name IngressClass is served whatever its controller
	WithoutClass      bool                 // Ingresses without any class are served
	AssumeClass       bool                 // a class named IngressClass needs no IngressClass object (manifests of a folder)
	ReportForeign     bool                 // say which Ingresses are not served
	AnnotationsPrefix string               // of the dialect of ingress-nginx, without the slash
	ConfigMap         types.NamespacedName // of the controller; empty: none
	DefaultCert       types.NamespacedName // Secret of --default-ssl-certificate; empty: a self-signed one is made
	DefaultBackend    types.NamespacedName // Service for what nothing else serves; empty: 404
	TCPServices       types.NamespacedName // ConfigMap with TCP ports; empty: none
	NoCatchAll        bool                 // Ingresses with a spec.defaultBackend are not served
	NoExternalName    bool                 // Services of type ExternalName have no endpoints
	Passthrough       bool                 // TLS connections may be passed through
	Zone              string               // where this replica runs, for Services that ask for near endpoints; empty: all are alike
	AllowSnippets     bool                 // annotations may have lines of nginx, unless the ConfigMap says otherwise
	PartialSnippets   bool                 // lines of them that can't be served don't close the route, unless they protect it
	HTTPPort          uint16
	HTTPSPort         uint16
}

// DefaultSettings are those of ingress-nginx's flags.
func DefaultSettings() Settings {
	return Settings{
		ControllerClass:   "k8s.io/ingress-nginx",
		IngressClass:      "nginx",
		AnnotationsPrefix: "nginx.ingress.kubernetes.io",
		HTTPPort:          80,
		HTTPSPort:         443,
	}
}
