package takeover

import (
	"fmt"
	"io"
	"strings"
)

// Trial is how Hawser runs beside ingress-nginx.
type Trial struct {
	From      string      `json:"from"`
	To        string      `json:"to,omitempty"` // empty: Hawser is not there
	Findings  []Finding   `json:"findings"`
	Unchecked []Unchecked `json:"unchecked"`
	Commands  []Command   `json:"commands"`
}

// Command is something to do, with what it is for.
type Command struct {
	For  string `json:"for"`
	Line string `json:"line"`
}

// LookShadow needs an ingress-nginx; without a Hawser it tells how to install one that keeps still.
func LookShadow(w *World, o Options) (*Trial, error) {
	old, err := w.choose("ingress-nginx", "--from", o.From, runsOld)
	if err != nil {
		return nil, err
	}
	old.Service = w.front(&old)
	t := &Trial{From: old.Key(), Findings: []Finding{}, Unchecked: append([]Unchecked{}, w.Unchecked...)}
	var there bool
	w.controllers(func(load Workload, _ []string) { there = there || w.isNew(&load) })
	if !there && o.To == "" {
		t.Commands = []Command{{"install a Hawser that keeps still, in the namespace of ingress-nginx, so that its Service can be handed over later", install(&old)}}
		return t, nil
	}
	o.Traffic = ByAddress
	s, err := Survey(w, o)
	if err != nil {
		return nil, err
	}
	t.To = s.New.Key()
	t.Findings = append(append(t.Findings, s.findReady()...), s.Meddles(Blocking)...)
	t.Findings = append(t.Findings, s.findClaims()...)
	t.Commands = s.ask()
	return t, nil
}

func (w *World) isNew(load *Workload) bool {
	for _, c := range load.Template.Spec.Containers {
		if _, ok := runsNew(load.Namespace, c); ok {
			return true
		}
	}
	return false
}

func install(old *Side) string {
	c := claimOf(old.Words, "nginx")
	sets := []string{
		"controller.ingressClassResource.enabled=false", "controller.ingressClassResource.controllerValue=" + c.controller,
		"controller.ingressClass=" + c.className, "controller.updateStatus=false", "controller.extraArgs.shadow=true",
		"controller.admissionWebhooks.enabled=false", "controller.service.type=ClusterIP",
	}
	if c.withoutClass {
		sets = append(sets, "controller.watchIngressWithoutClass=true")
	}
	if c.byName {
		sets = append(sets, "controller.ingressClassByName=true")
	}
	if c.namespace != "" {
		sets = append(sets, "controller.scope.enabled=true", "controller.scope.namespace="+c.namespace)
	}
	if name, given := flag(old.Words, "configmap", valued); given {
		sets = append(sets, "controller.extraArgs.configmap="+name)
	}
	line := "helm -n " + old.Namespace + " install hawser charts/hawser"
	for _, set := range sets {
		line += " \\\n  --set " + quote(set)
	}
	return line
}

// ask tells how to send both the same requests.
func (s *Scene) ask() []Command {
	own, old := s.New.Service, s.Old.Service
	if own == nil {
		return []Command{{"reach a pod of Hawser, which has no Service", "kubectl -n " + s.New.Namespace + " port-forward " + strings.ToLower(s.New.Kind) + "/" + s.New.Name + " 8443:443 8080:80"}}
	}
	forward := func(name string, base int) string {
		return fmt.Sprintf("kubectl -n %s port-forward service/%s %d:443 %d:80", s.New.Namespace, name, base+443, base+80)
	}
	out := []Command{{"reach Hawser from here", forward(own.Name, 8000)}}
	if old != nil {
		out = append(out, Command{"reach ingress-nginx from here", strings.Replace(forward(old.Name, 9000), "-n "+s.New.Namespace, "-n "+old.Namespace, 1)},
			Command{"send both the same requests", "hawser compare --context \"$(kubectl config current-context)\" --left https://127.0.0.1:9443 --left http://127.0.0.1:9080 --right https://127.0.0.1:8443 --right http://127.0.0.1:8080"})
	}
	return out
}

// WriteText writes the trial for a reader.
func (t *Trial) WriteText(w io.Writer) error {
	p := &printer{w: w}
	if t.To == "" {
		p.line("%s serves, and there is no Hawser beside it.", t.From)
	} else {
		p.line("%s is beside %s.", t.To, t.From)
	}
	for _, f := range t.Findings {
		p.line("%-9s %s [%s]", f.Severity, f.Object, f.Code)
		p.line("          %s", f.Why)
		for _, do := range f.Do {
			p.line("          > %s", do)
		}
	}
	for _, u := range t.Unchecked {
		p.line("%-9s %s: %s", "unchecked", u.What, u.Reason)
	}
	if t.To != "" && len(t.Findings) == 0 {
		p.line("It keeps still: no status, no Events, no Lease, no webhook, no traffic of ingress-nginx.")
	}
	for _, c := range t.Commands {
		p.line("")
		p.line("To %s:", c.For)
		for _, line := range strings.Split(c.Line, "\n") {
			p.line("  %s", line)
		}
	}
	return p.err
}
