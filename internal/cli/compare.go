package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// differs is the exit status for answers that are not the same.
const differs = 3

type compareCommand struct {
	inputs
	left, right           []string
	output                string
	list, quick, unsafe   bool
	log, logFormat, host  string
	only                  []string
	maxRequests           int
	maxBody               string
	clientCert, clientKey string
	rate                  float64
	concurrency, retries  int
	timeout               time.Duration
	mask                  []string
	proxy, quiet          bool
	accept                []string
	writeAccept, reason   string
}

func newCompare(s Streams) *cobra.Command {
	var c compareCommand
	command := &cobra.Command{
		Use:   "compare --left https://ADDRESS --right https://ADDRESS",
		Short: "Send the same requests to two controllers and show where they differ",
		Long:  compareHelp,
		Example: `  # what would be sent
  hawser compare --manifests ./ingresses --list
  # the old controller on the left, the new one on the right, both ports
  hawser compare --manifests ./ingresses --left https://192.0.2.1 --left http://192.0.2.1 \
      --right https://192.0.2.2 --right http://192.0.2.2
  # what clients asked yesterday, as a page
  hawser compare --log access.log --host shop.example.com --left https://192.0.2.1 --right https://192.0.2.2 -o html > report.html`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return c.run(command.Context(), s) },
	}
	c.register(command)
	c.flags(command)
	return command
}

const compareHelp = `Compare sends each request to two addresses and compares the answers: status, redirect target, headers, body, what the
handshake shows, and, where Hawser's echo backend answers, what it saw of the request. Names come from the Ingresses; the
connection goes to the address that you give, so that no DNS has to change.

Requests are made from the Ingresses (--manifests or --kubeconfig): every host and path, what is beside a path, redirects,
CORS, missing and wrong credentials, client certificates, bodies at the limit. Or they are taken from an access log (--log)
of ingress-nginx, HAProxy or Hawser; then only GET, HEAD and OPTIONS are sent, unless --unsafe-methods says otherwise.
Generated requests use the same methods; bodies are sent with GET, or with POST if --unsafe-methods is given.

Headers that vary by themselves (X-Request-ID, values of cookies) are compared by their presence, Date not at all. A
request whose answers differ is sent again: what varies by itself is called unsteady, and does not count. Known
differences go into a file (--write-accept, then --accept), each with a reason.

The exit status is 0 if everything is the same or accepted, 3 if something differs, 1 for a failure or an interruption,
2 for a wrong use.`

func (c *compareCommand) flags(command *cobra.Command) {
	f := command.Flags()
	f.StringArrayVar(&c.left, "left", nil, "address of the one controller, https://HOST[:PORT]; a second time for http://HOST[:PORT]")
	f.StringArrayVar(&c.right, "right", nil, "address of the other")
	f.StringVarP(&c.output, "output", "o", "text", "form of the report: text, json or html")
	f.BoolVar(&c.list, "list", false, "print the requests, and send nothing")
	f.BoolVar(&c.quick, "quick", false, "one request for each path and port, without what is beside it")
	f.StringArrayVar(&c.only, "only", nil, "ask only for hosts that fit a pattern such as *.example.com; may be given several times")
	f.StringVar(&c.log, "log", "", "access log whose requests are sent instead, or - for standard input")
	f.StringVar(&c.logFormat, "log-format", "auto", "form of the log: auto, nginx, json, haproxy or hawser")
	f.StringVar(&c.host, "host", "", "host of log lines that name none")
	f.BoolVar(&c.unsafe, "unsafe-methods", false, "send methods that may change something, such as POST; both sides get them")
	f.IntVar(&c.maxRequests, "max-requests", 100000, "different requests of a log at most; 0: any number")
	f.StringVar(&c.maxBody, "max-body", "32m", "largest body that is sent to try a limit")
	f.StringVar(&c.clientCert, "client-cert", "", "PEM file with a client certificate that hosts accept")
	f.StringVar(&c.clientKey, "client-key", "", "PEM file with its key (default: in the same file)")
	f.Float64Var(&c.rate, "rate", 50, "requests per second to each side; 0: no limit")
	f.IntVar(&c.concurrency, "concurrency", 4, "requests at the same time")
	f.DurationVar(&c.timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	f.IntVar(&c.retries, "retries", 2, "attempts more for a request whose answers differ")
	f.StringArrayVar(&c.mask, "mask", nil, "header whose value does not count, such as ETag; may be given several times")
	f.BoolVar(&c.quiet, "no-progress", false, "show no progress on a terminal")
	f.BoolVar(&c.proxy, "proxy-protocol", false, "begin each connection with the PROXY protocol, which both sides have to expect")
	f.StringArrayVar(&c.accept, "accept", nil, "file of known differences; may be given several times")
	f.StringVar(&c.writeAccept, "write-accept", "", "write the differences that are not accepted to this new file")
	f.StringVar(&c.reason, "reason", "", "reason that --write-accept writes; without it, each entry waits for one")
}

func (c *compareCommand) run(ctx context.Context, s Streams) error {
	o, err := c.options()
	if err != nil {
		return usageError{"compare", err}
	}
	if o.Accepted, err = c.accepted(); err != nil {
		return err
	}
	if err := c.certificates(&o); err != nil {
		return err
	}
	plan, log, err := c.plan(s, o)
	if err != nil {
		return err
	}
	if c.list {
		return c.writeList(s.Out, plan)
	}
	bar := newProgress(s.Err, c.quiet)
	o.Progress = func(p compare.Progress) { bar.bar(p.Done, p.Total, fmt.Sprintf("%d different", p.Different)) }
	report, err := compare.Run(ctx, plan, o)
	bar.end()
	if err != nil {
		return err
	}
	report.Log = log
	if err := c.write(s, report); err != nil {
		return err
	}
	return result(report)
}

// result is the exit status of a report. What is not known is not good.
func result(r *compare.Report) error {
	switch {
	case r.Interrupted:
		return errors.New("the comparison was interrupted; the report is of what was asked until then")
	case r.Failed > 0:
		return fmt.Errorf("%d requests could not be sent", r.Failed)
	case r.Different > 0:
		return resultError(differs)
	default:
		return nil
	}
}

// options checks the flags that need no file.
func (c *compareCommand) options() (compare.Options, error) {
	o := compare.Options{
		Rate: c.rate, Concurrency: c.concurrency, Timeout: c.timeout, Retries: c.retries, Mask: c.mask, Proxy: c.proxy, CertFile: c.clientCert,
	}
	var err error
	if o.Left, err = compare.ParseSide("left", c.left); err != nil {
		return o, err
	}
	if o.Right, err = compare.ParseSide("right", c.right); err != nil {
		return o, err
	}
	if !c.list {
		if err := bothSides(o.Left, o.Right); err != nil {
			return o, err
		}
	}
	switch {
	case !slices.Contains([]string{"text", "json", "html"}, c.output) || c.list && c.output == "html":
		return o, fmt.Errorf("-o %s is none of the forms of this report", c.output)
	case c.rate < 0 || c.concurrency < 1 || c.retries < 0 || c.timeout <= 0 || c.maxRequests < 0:
		return o, errors.New("--rate, --retries and --max-requests can't be negative; --concurrency and --timeout are above zero")
	case c.clientKey != "" && c.clientCert == "":
		return o, errors.New("--client-key belongs to --client-cert")
	case c.reason != "" && c.writeAccept == "":
		return o, errors.New("--reason belongs to --write-accept")
	case c.log == "-" && slices.Contains(c.manifests, "-"):
		return o, errors.New("the log and the manifests can't both come from standard input")
	}
	for _, pattern := range c.only {
		if _, err := path.Match(pattern, ""); err != nil {
			return o, fmt.Errorf("--only %s is no pattern", pattern)
		}
	}
	return o, nil
}

func bothSides(left, right compare.Side) error {
	if left.String() == "" || right.String() == "" {
		return errors.New("which controllers? Give --left and --right, or --list to see what would be sent")
	}
	if (left.HTTP == "" || right.HTTP == "") && (left.HTTPS == "" || right.HTTPS == "") {
		return errors.New("--left and --right have no scheme in common")
	}
	return nil
}

func (c *compareCommand) write(s Streams, r *compare.Report) error {
	if c.writeAccept != "" {
		if err := c.writeAccepted(r); err != nil {
			return err
		}
	}
	switch c.output {
	case "json":
		return compare.WriteJSON(s.Out, r)
	case "html":
		return compare.WriteHTML(s.Out, r)
	default:
		return compare.WriteText(s.Out, r)
	}
}

func (c *compareCommand) writeList(w io.Writer, plan probe.Plan) error {
	if c.output == "text" {
		return compare.WriteList(w, plan)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(plan)
}

// wanted reports whether a host is among --only.
func (c *compareCommand) wanted(host string) bool {
	return len(c.only) == 0 || slices.ContainsFunc(c.only, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(host))
		return err == nil && ok
	})
}
