package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/pki"
)

type explainCommand struct {
	inputs
	output     string
	method     string
	headers    []string
	clientCert string
	client     string
	sni        string
	config     configFlags
	admin      string
}

func newExplain(s Streams) *cobra.Command {
	var e explainCommand
	c := &cobra.Command{
		Use:   "explain --manifests DIR {URL | --config}",
		Short: "Say what happens to a request, and why",
		Long: `Explain compiles the manifests and says which host, route, Ingress, annotations and client-certificate policy decide
about a request, what the answer would be, and which headers the backend would see. Nothing is sent.

With -o json it prints one object: request, host, tls, clientCert, path, route, settings, backend, result
(from: backend, hawser, handshake, passthrough or nobody; status; location; why), backendHeaders, issues, live (with --admin).

With --config it lists instead what HAProxy would read, each line with the objects it was made of: "line | text | objects".
A line without objects is there whatever they are. Private keys are not shown. With -o json it prints one array; each line
has file, line, text, from.`,
		Example: `  hawser explain --manifests ./ingresses https://shop.example.com/cart
  hawser explain --manifests ./ingresses --client-cert alice.pem https://shop.example.com/admin
  hawser explain --manifests ./ingresses --sni other.example.com -H 'X-Forwarded-For: 192.0.2.1' https://shop.example.com/
  hawser explain --manifests ./ingresses --tcp-services-configmap ingress/tcp tcp://shop.example.com:5432
  hawser explain --manifests ./ingresses --config --line 120
  hawser explain --kubeconfig ~/.kube/config --config --object Ingress/shop/web`,
		Args: e.arguments,
		RunE: func(c *cobra.Command, args []string) error {
			return e.run(c.Context(), s, args, c.Flags().Changed("sni"))
		},
	}
	e.register(c)
	e.config.register(c)
	outputFlag(c, &e.output)
	f := c.Flags()
	f.StringVarP(&e.method, "request", "X", "GET", "method of the request")
	f.StringArrayVarP(&e.headers, "header", "H", nil, "header of the request, 'Name: value'; may be given several times")
	f.StringVar(&e.clientCert, "client-cert", "", "PEM file with the certificate that the client presents, and its intermediates")
	f.StringVar(&e.client, "client-address", "", "IP address of the client")
	f.StringVar(&e.admin, "admin", "", "admin address of a running controller, such as http://127.0.0.1:10254: say whether it serves what is explained")
	f.StringVar(&e.sni, "sni", "", "name in the TLS handshake (default: the host of the URL)")
	return c
}

func (e *explainCommand) run(ctx context.Context, s Streams, args []string, withSNI bool) error {
	if err := e.resolve(); err != nil {
		return usageError{"explain", err}
	}
	if e.output != "text" && e.output != "json" {
		return usageError{"explain", fmt.Errorf("-o %s is neither text nor json", e.output)}
	}
	filter, err := e.config.filter()
	if err != nil {
		return usageError{"explain", err}
	}
	if e.config.wanted {
		return e.lines(s, filter)
	}
	r, err := e.request(args[0], withSNI)
	if err == nil && r.Port != 0 && e.admin != "" {
		err = errors.New("--admin compares hosts; a TCP port has none")
	}
	if err != nil {
		return usageError{"explain", err}
	}
	if e.clientCert != "" {
		if r.Certs, err = readCerts(e.clientCert); err != nil {
			return err
		}
	}
	world, err := e.compile(s)
	if err != nil {
		return err
	}
	answer := world.Explain(r)
	if e.admin != "" {
		if answer.Live, err = askLive(ctx, e.admin, world.Model, r.Host); err != nil {
			return err
		}
	}
	if e.output == "json" {
		return explain.WriteJSON(s.Out, answer)
	}
	return explain.WriteText(s.Out, answer)
}

// request reads the command line; the target stays as it was written.
func (e *explainCommand) request(address string, withSNI bool) (explain.Request, error) {
	r := explain.Request{Method: e.method, Now: time.Now()}
	scheme, rest, ok := strings.Cut(address, "://")
	if scheme == "tcp" && ok {
		return tcpRequest(rest)
	}
	if !ok || scheme != "http" && scheme != "https" {
		return r, fmt.Errorf("%s is no URL that begins with http://, https:// or tcp://", address)
	}
	r.Secure = scheme == "https"
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	r.Host, r.Target = rest[:end], rest[end:]
	if !strings.HasPrefix(r.Target, "/") {
		r.Target = "/" + r.Target
	}
	if strings.ContainsFunc(r.Target, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return r, errors.New("the URL has characters that are sent percent-encoded only")
	}
	parsed, err := url.Parse(scheme + "://" + r.Host + "/")
	if err != nil || r.Host == "" || parsed.User != nil {
		return r, fmt.Errorf("%q is no host of a URL", r.Host)
	}
	if r.SNI = e.sni; !withSNI {
		r.SNI = serverName(parsed.Hostname())
	}
	if e.client != "" {
		if r.Client, err = netip.ParseAddr(e.client); err != nil {
			return r, fmt.Errorf("--client-address %s is no IP address", e.client)
		}
	}
	return r, e.addHeaders(&r)
}

// tcpRequest is a connection to a port; the host before it does not matter.
func tcpRequest(address string) (explain.Request, error) {
	_, text, err := net.SplitHostPort(address)
	port, badPort := strconv.ParseUint(text, 10, 16)
	if err != nil || badPort != nil || port == 0 {
		return explain.Request{}, fmt.Errorf("tcp://%s is not tcp://host:port", address)
	}
	return explain.Request{Host: address, Port: uint16(port)}, nil
}

// serverName is what a client says in the handshake: a client has no name for an address (RFC 6066, 3).
func serverName(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return strings.TrimRight(host, ".")
}

func (e *explainCommand) addHeaders(r *explain.Request) error {
	for _, text := range e.headers {
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" {
			return fmt.Errorf("-H %q is not 'Name: value'", text)
		}
		h := explain.Header{Name: name, Value: strings.TrimSpace(value)}
		if strings.EqualFold(name, "Host") {
			r.Host = h.Value
		} else {
			r.Headers = append(r.Headers, h)
		}
	}
	return nil
}

func readCerts(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the client certificate: %w", err)
	}
	certs, err := pki.Certs(data)
	if err != nil {
		return nil, fmt.Errorf("read the client certificate %s: %w", path, err)
	}
	return certs, nil
}
