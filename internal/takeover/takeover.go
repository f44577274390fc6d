// Package takeover moves the traffic of a cluster from ingress-nginx to Hawser, and back.
//
// What bites and what is to be done follows from objects alone: Survey, Findings and Plan change nothing. Only Apply and
// Undo write, one step at a time, each verified before the next; before a step writes, what undoes it is in a ConfigMap of
// the cluster. A kind that could not be read is told, never taken for absent.
package takeover

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/hawser-ingress/hawser/internal/ingressnginx"
)

// Traffic is how clients get from the one controller to the other.
type Traffic string

const (
	ByService Traffic = "service" // the Service of ingress-nginx selects Hawser's pods: the address stays
	ByAddress Traffic = "address" // Hawser has an address of its own: the status of Ingresses, and with it DNS, changes
)

// Options say which of several is meant, and how far to go.
type Options struct {
	From, To string  // workloads, namespace/name; empty: the only one
	Traffic  Traffic // empty: by Service if both are in one namespace
	DNSMoved bool    // with ByAddress: nobody uses the old address any more
	State    *State  // what was done before; nil: nothing
}

// Side is a controller: its workload, which container of it, and the Service in front.
type Side struct {
	Workload
	Container int
	Words     []string // the arguments as the program gets them
	Service   *corev1.Service
}

// Scene is a World with the two controllers found in it.
type Scene struct {
	*World
	Options
	Old, New Side
}

// Survey finds the two controllers. It fails if either is missing or several could be meant.
func Survey(w *World, o Options) (*Scene, error) {
	if o.State != nil { // a takeover that began is about what it began with
		o.From, o.To, o.Traffic = o.State.From, o.State.To, o.State.Traffic
	}
	s := &Scene{World: w, Options: o}
	var err error
	if s.Old, err = w.choose("ingress-nginx", "--from", o.From, runsOld); err != nil {
		return nil, err
	}
	if s.New, err = w.choose("Hawser", "--to", o.To, runsNew); err != nil {
		return nil, err
	}
	s.Old.Service, s.New.Service = w.front(&s.Old), w.front(&s.New)
	if o.State != nil && o.State.Service != "" {
		s.Old.Service = w.service(o.State.Service) // its selector may be changed already
	}
	possible := s.Old.Namespace == s.New.Namespace && s.Old.Service != nil
	switch {
	case s.Traffic == "" && possible:
		s.Traffic = ByService
	case s.Traffic == "":
		s.Traffic = ByAddress
	case s.Traffic == ByService && !possible:
		return nil, fmt.Errorf("--traffic service needs a Service in front of %s, and Hawser in its namespace, for a Service selects pods of its own namespace only", s.Old.Key())
	}
	return s, nil
}

// runs gives the arguments of a container that runs a controller; false if it runs something else.
type runs func(namespace string, c corev1.Container) ([]string, bool)

func runsOld(namespace string, c corev1.Container) ([]string, bool) {
	return ingressnginx.Args(namespace, &corev1.PodSpec{Containers: []corev1.Container{c}})
}

// runsNew knows Hawser by its program or its image, and by `run`.
func runsNew(namespace string, c corev1.Container) ([]string, bool) {
	words := append(c.Command[:len(c.Command):len(c.Command)], c.Args...)
	for n, word := range words {
		words[n] = ingressnginx.Expand(word, namespace, c.Env)
	}
	image, _, _ := strings.Cut(c.Image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	program := len(c.Command) > 0 && path.Base(c.Command[0]) == "hawser"
	if at := slices.Index(words, "run"); at >= 0 && (program || name == "hawser") {
		return words[at+1:], true
	}
	return nil, false
}

func (w *World) choose(program, flag, wanted string, is runs) (Side, error) {
	var found []Side
	var names []string
	for _, load := range w.Workloads {
		for n, c := range load.Template.Spec.Containers {
			words, ok := is(load.Namespace, c)
			if !ok || wanted != "" && wanted != load.Namespace+"/"+load.Name {
				continue
			}
			found = append(found, Side{Workload: load, Container: n, Words: words})
			names = append(names, load.Key())
			break
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Side{}, fmt.Errorf("several workloads run %s: %s; say which with %s namespace/name", program, strings.Join(names, ", "), flag)
	case wanted != "":
		return Side{}, fmt.Errorf("%s %s: there is no such Deployment or DaemonSet that runs %s", flag, wanted, program)
	default:
		return Side{}, fmt.Errorf("no Deployment or DaemonSet runs %s%s", program, w.because("Deployments", "DaemonSets"))
	}
}

// front finds the Service through which clients reach a controller: the one it publishes, else the most public one that
// selects its pods and has a port of HTTP or HTTPS.
func (w *World) front(s *Side) *corev1.Service {
	publish, _ := flag(s.Words, "publish-service", valued)
	var best *corev1.Service
	for i := range w.Services {
		c := &w.Services[i]
		if c.Namespace != s.Namespace || !selects(c.Spec.Selector, s.Template.Labels) || !hasWebPort(c) {
			continue
		}
		if c.Namespace+"/"+c.Name == publish {
			return c
		}
		if best == nil || publicness(c) > publicness(best) {
			best = c
		}
	}
	return best
}

func (w *World) service(key string) *corev1.Service {
	for i := range w.Services {
		if w.Services[i].Namespace+"/"+w.Services[i].Name == key {
			return &w.Services[i]
		}
	}
	return nil
}

func publicness(s *corev1.Service) int {
	return slices.Index([]corev1.ServiceType{corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer}, s.Spec.Type)
}

func hasWebPort(s *corev1.Service) bool {
	return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
		return (p.Port == 80 || p.Port == 443 || p.Name == "http" || p.Name == "https") && p.TargetPort.StrVal != "webhook"
	})
}

// selects reports whether a Service's selector fits; one without a selector selects nothing.
func selects(selector, of map[string]string) bool {
	return len(selector) > 0 && labels.SelectorFromSet(selector).Matches(labels.Set(of))
}

// writesStatus reports whether ingress-nginx wrote status before anything was changed here.
func (s *Scene) writesStatus() bool {
	return s.State.has(stepOldStatus) || on(s.Old.Words, "update-status", true)
}
