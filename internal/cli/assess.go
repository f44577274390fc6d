package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/hawser-ingress/hawser/internal/assess"
	"github.com/hawser-ingress/hawser/internal/ingressnginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

type assessCommand struct {
	inputs
	output     string
	failOn     string
	presence   string
	deployment string
	quiet      bool
}

func newAssess(s Streams) *cobra.Command {
	var a assessCommand
	c := &cobra.Command{
		Use:   "assess --manifests PATH|- | --kubeconfig FILE | --context NAME",
		Short: "Say what would become of each Ingress, before anything is moved",
		Long: `Assess compiles the Ingresses exactly as the controller does, and tells for each of them what would become of it:

  withheld                  it, or a part of it, would not be served: a guard can't be honoured, or its backend is missing
  served with a difference  it is served, and a listed difference can be seen
  settings ignored          it is served without some of its settings
  served as is              nothing is to be told

Each finding names the object, the annotation, the consequence, and what to write instead; the riskiest come first. Nothing
is sent, served or changed.

Manifests come from files, folders and standard input, as YAML, JSON or a List of kubectl. Is the Deployment or DaemonSet of
ingress-nginx among them (or in the cluster), its flags and its ConfigMap are found and assessed, too; flags given here win.

A part of the objects is enough. If there is no Secret at all, or no Service, or no ConfigMap, they were not exported: what
Ingresses name is then taken for good and listed as not checked. --assume-present says otherwise.

The exit status is 0 if the worst outcome is below --fail-on, 3 if it is not, 2 for a wrong command line, 1 if the
assessment itself failed.`,
		Example: `  ` + assess.Export + ` | hawser assess --manifests -
  hawser assess --manifests ./ingresses --fail-on difference -o sarif > hawser.sarif
  hawser assess --context production -o html > assessment.html
  hawser assess --manifests ingresses.yaml --assume-present secrets,services -o json | jq '.ingresses[] | select(.outcome == "withheld")'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.run(s, c.Flags()) },
	}
	a.register(c)
	f := c.Flags()
	f.StringVarP(&a.output, "output", "o", "text", "form of the report: text, json, sarif, markdown or html")
	f.StringVar(&a.failOn, "fail-on", "withheld", "the least outcome that gives the exit status 3: ignored, difference or withheld; none: never")
	f.StringVar(&a.presence, "assume-present", "auto", "what to take for good when it is named and not among the manifests: services, secrets, configmaps, separated by commas; all; none; auto: those kinds of which there is no object at all")
	f.StringVar(&a.deployment, "deployment", "", "Deployment or DaemonSet of ingress-nginx, namespace/name, if there are several; none: look for none")
	f.BoolVar(&a.quiet, "no-progress", false, "show no progress on a terminal")
	return c
}

// reached is the exit status of a report that reaches --fail-on.
const reached resultError = 3

func (a *assessCommand) run(s Streams, f *pflag.FlagSet) error {
	write, err := a.writer()
	if err != nil {
		return usageError{"assess", err}
	}
	threshold, err := assess.ParseThreshold(a.failOn)
	if err != nil {
		return usageError{"assess", fmt.Errorf("--fail-on %w", err)}
	}
	presence, err := assess.ParsePresence(a.presence)
	if err != nil {
		return usageError{"assess", fmt.Errorf("--assume-present %w", err)}
	}
	if err := a.resolve(); err != nil {
		return usageError{"assess", err}
	}
	p := newProgress(s.Err, a.quiet)
	defer p.end()
	in := assess.Input{Version: Version, Presence: presence, Progress: p.step}
	p.step("read the objects")
	if err := a.gather(s, f, &in); err != nil {
		return err
	}
	report, err := assess.Assess(in)
	if err != nil {
		return err
	}
	p.end()
	if err := write(s.Out, report); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if threshold.Fails(report) {
		fmt.Fprintf(s.Err, "hawser: the worst outcome is %q, and --fail-on is %s\n", report.Worst.Words(), a.failOn)
		return reached
	}
	return nil
}

func (a *assessCommand) writer() (func(io.Writer, *assess.Report) error, error) {
	switch a.output {
	case "text":
		return assess.WriteText, nil
	case "json":
		return assess.WriteJSON, nil
	case "sarif":
		return assess.WriteSARIF, nil
	case "markdown":
		return assess.WriteMarkdown, nil
	case "html":
		return assess.WriteHTML, nil
	default:
		return nil, fmt.Errorf("-o %s is none of text, json, sarif, markdown, html", a.output)
	}
}

// gather reads the objects, and the flags of the ingress-nginx that serves them now.
func (a *assessCommand) gather(s Streams, f *pflag.FlagSet, in *assess.Input) error {
	if a.fromCluster() {
		in.Presence = assess.NotAssumed()
		return a.gatherCluster(s, f, in)
	}
	source, err := a.open(s.In)
	if err != nil {
		return err
	}
	if in.Objects, in.Issues, err = source.Load(); err != nil {
		return err
	}
	in.Line = dir.NewLines(in.Objects).Of
	if err := a.adopt(source.Controllers(), f, in); err != nil {
		return err
	}
	if len(in.Objects.Ingresses) == 0 && !hasIngress(in.Issues) {
		return errors.New("there is no Ingress among the manifests")
	}
	return nil
}

// hasIngress reports whether an Ingress was there and could not be read.
func hasIngress(list issue.List) bool {
	for _, i := range list {
		if i.Object.Kind == "Ingress" || i.Effect == issue.Withheld {
			return true
		}
	}
	return false
}

// adopt takes over the flags of the workload that runs ingress-nginx; those of the command line win.
func (a *assessCommand) adopt(found []ingressnginx.Controller, f *pflag.FlagSet, in *assess.Input) error {
	controller, err := a.choose(found)
	if err != nil {
		return usageError{"assess", err}
	}
	if controller == nil {
		in.Notes = append(in.Notes, "No Deployment or DaemonSet of ingress-nginx was found: its flags are not known, and those given here count.")
	} else {
		in.Workload = &controller.Object
		in.Flags = judge(controller.Args)
		if err := inherit(in.Flags, f); err != nil {
			return err
		}
		if err := a.resolve(); err != nil {
			return fmt.Errorf("read the flags of %s: %w", controller.Object, err)
		}
	}
	if a.settings.ConfigMap.Name == "" {
		in.Notes = append(in.Notes, "No ConfigMap of ingress-nginx is named (--configmap): every setting has its default.")
	}
	in.Settings, in.Namespace = a.settings, a.cluster.namespace
	if a.cluster.selector != "" && !a.fromCluster() {
		if err := a.selectNamespaces(in); err != nil {
			return err
		}
	}
	return nil
}

// choose finds the workload that is meant: the only one, or the one that --deployment names.
func (a *assessCommand) choose(found []ingressnginx.Controller) (*ingressnginx.Controller, error) {
	if a.deployment == "none" {
		return nil, nil
	}
	names := ""
	for n := range found {
		name := found[n].Object.Namespace + "/" + found[n].Object.Name
		if a.deployment == name || a.deployment == "" && len(found) == 1 {
			return &found[n], nil
		}
		names += ", " + name
	}
	switch {
	case a.deployment != "":
		return nil, fmt.Errorf("--deployment %s: there is no such Deployment or DaemonSet that runs ingress-nginx", a.deployment)
	case len(found) > 1:
		return nil, fmt.Errorf("several workloads run ingress-nginx%s: say which with --deployment", names)
	default:
		return nil, nil
	}
}

// selectNamespaces leaves out what --watch-namespace-selector does not choose, where the manifests tell the labels.
func (a *assessCommand) selectNamespaces(in *assess.Input) error {
	selector, err := a.cluster.labels()
	if err != nil {
		return usageError{"assess", err}
	}
	if len(in.Objects.Namespaces) == 0 {
		in.Notes = append(in.Notes, "--watch-namespace-selector is not checked: there is no Namespace among the manifests, so all of them count.")
		return nil
	}
	in.Selected = map[string]bool{}
	for _, n := range in.Objects.Namespaces {
		if selector.Matches(labels.Set(n.Labels)) {
			in.Selected[n.Name] = true
		}
	}
	return nil
}
