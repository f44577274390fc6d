package oracle

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

// A Replayer runs batches; every worker has a farm of its own, so that what an upstream server sees belongs to one case.
type Replayer struct {
	Binary, HAProxy string
	Dir             string // for state and logs
	PKI             *PKI
	Farms           []*Farm
}

// A Result is the findings of one case.
type Result struct {
	Case     *Case
	Findings []Finding
}

// seat is a case with the farm and the namespace that it uses in a batch.
type seat struct {
	place   Place
	c       *Case
	objects []object
	created time.Time
}

// Run replays one batch with the farms given, at most one case per farm at a time.
func (r *Replayer) Run(ctx context.Context, b Batch, farms []*Farm) ([]Result, error) {
	dir, err := os.MkdirTemp(r.Dir, "b") // short: paths of sockets may have a hundred bytes
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	seats, err := r.seats(b, farms)
	if err != nil {
		return nil, err
	}
	var all []object
	for _, s := range seats {
		all = append(all, s.objects...)
	}
	options := Options{Binary: r.Binary, HAProxy: r.HAProxy, Dir: dir, Probe: r.probe(farms[0])}
	if len(b.Cases) == 1 {
		options.Flags = b.Cases[0].Flags
		if options.ConfigMap, err = seats[0].configMap(); err != nil {
			return nil, err
		}
	}
	hawser, err := StartHawser(ctx, options, all)
	if err != nil {
		return notRun(b, err), nil
	}
	results := make([]Result, len(seats))
	var group sync.WaitGroup
	for n, farm := range farms {
		group.Go(func() {
			for i := n; i < len(seats); i += len(farms) {
				results[i] = r.replay(ctx, hawser, farm, seats[i])
			}
		})
	}
	group.Wait()
	return results, hawser.Stop()
}

// notRun is the result of a batch whose Hawser didn't come up: every request differs.
func notRun(b Batch, err error) []Result {
	var out []Result
	for _, c := range b.Cases {
		res := Result{Case: c}
		for _, q := range c.Requests {
			res.Findings = append(res.Findings, Finding{c.Name, q.Name, Difference{"run", "running", err.Error()}})
		}
		out = append(out, res)
	}
	return out
}

func (r *Replayer) seats(b Batch, farms []*Farm) ([]seat, error) {
	var out []seat
	created := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range b.Cases {
		s := seat{c: c, created: created.Add(time.Duration(i) * time.Minute),
			place: Place{Namespace: fmt.Sprintf("oracle-%03d", i), Block: farms[i%len(farms)].Block, PKI: r.PKI}}
		var err error
		if s.objects, err = s.read(c.Manifests); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (s seat) read(text string) ([]object, error) {
	filled, err := s.place.fill(text)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", s.c.Name, err)
	}
	all, err := objects(filled, s.place.Namespace, s.created)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", s.c.Name, err)
	}
	return all, nil
}

func (s seat) configMap() (object, error) {
	if s.c.ConfigMap == "" {
		return nil, nil
	}
	filled, err := s.place.fill(s.c.ConfigMap)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", s.c.Name, err)
	}
	var data map[string]any
	if err := yaml.Unmarshal([]byte(filled), &data); err != nil {
		return nil, fmt.Errorf("case %s: ConfigMap: %w", s.c.Name, err)
	}
	return object{"apiVersion": "v1", "kind": "ConfigMap", "data": data,
		"metadata": map[string]any{"name": configName, "namespace": configNamespace}}, nil
}

// probe makes the objects by which a Hawser shows that it has taken a generation, and the IngressClass that all cases use.
func (r *Replayer) probe(farm *Farm) func(int) ([]object, error) {
	return func(generation int) ([]object, error) {
		p := Place{Namespace: "oracle-probe", Block: farm.Block, PKI: r.PKI}
		text, err := p.fill(strings.ReplaceAll(probeObjects, "HOST", probeHost(generation)))
		if err != nil {
			return nil, err
		}
		return objects(text, p.Namespace, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))
	}
}

const probeObjects = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Service
metadata: {name: probe}
spec: {ports: [{name: http, port: 80, targetPort: 39000}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: probe-1, labels: {kubernetes.io/service-name: probe}}
addressType: IPv4
ports: [{name: http, port: 39000, protocol: TCP}]
endpoints: [{addresses: ["${PROBE}"], conditions: {ready: true}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: probe
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
    nginx.ingress.kubernetes.io/force-ssl-redirect: "false"
    nginx.ingress.kubernetes.io/enable-global-auth: "false"
spec:
  ingressClassName: nginx
  rules:
  - host: HOST
    http:
      paths:
      - {path: "/", pathType: Prefix, backend: {service: {name: probe, port: {number: 80}}}}
`
