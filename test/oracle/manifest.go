package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// deleteMark is the annotation by which an update says that an object is gone.
const deleteMark = "oracle/delete"

// An object is one Kubernetes object, as decoded.
type object map[string]any

// objects reads a stream of YAML documents, gives each a namespace, and each Ingress a creation time one second after the one before.
func objects(text, namespace string, created time.Time) ([]object, error) {
	var all []object
	for _, doc := range strings.Split(text, "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		var o object
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			return nil, fmt.Errorf("read object: %w", err)
		}
		meta, ok := o["metadata"].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("object %v has no metadata", o["kind"])
		}
		if _, ok := meta["namespace"]; !ok {
			meta["namespace"] = namespace
		}
		if o["kind"] == "Ingress" {
			meta["creationTimestamp"] = created.UTC().Format(time.RFC3339)
			created = created.Add(time.Second)
		}
		all = append(all, o)
	}
	return all, nil
}

func (o object) key() string {
	meta := o["metadata"].(map[string]any)
	return fmt.Sprintf("%v %v/%v", o["kind"], meta["namespace"], meta["name"])
}

func (o object) annotations() map[string]any {
	notes, _ := o["metadata"].(map[string]any)["annotations"].(map[string]any)
	return notes
}

// update returns old with the objects of changed replaced, added, or removed; a replaced object keeps its creation time.
func update(old, changed []object) []object {
	out := slices.Clone(old)
	for _, c := range changed {
		i := slices.IndexFunc(out, func(o object) bool { return o.key() == c.key() })
		_, gone := c.annotations()[deleteMark]
		switch {
		case gone && i >= 0:
			out = slices.Delete(out, i, i+1)
		case gone:
		case i >= 0:
			meta := maps.Clone(c["metadata"].(map[string]any))
			if t, ok := out[i]["metadata"].(map[string]any)["creationTimestamp"]; ok {
				meta["creationTimestamp"] = t
			}
			c = maps.Clone(c)
			c["metadata"] = meta
			out[i] = c
		default:
			out = append(out, c)
		}
	}
	return out
}

// encode writes objects as one YAML stream.
func encode(all []object) ([]byte, error) {
	var out []byte
	for _, o := range all {
		doc, err := yaml.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", o.key(), err)
		}
		out = append(out, "---\n"...)
		out = append(out, doc...)
	}
	return out, nil
}

// hostnames lists the hosts of Ingress rules, TLS sections and aliases; "" stands for a rule or a default backend that takes any host.
func hostnames(all []object) []string {
	var hosts []string
	for _, o := range all {
		spec, ok := o["spec"].(map[string]any)
		if o["kind"] != "Ingress" || !ok {
			continue
		}
		if _, any := spec["defaultBackend"]; any {
			hosts = append(hosts, "")
		}
		rules, _ := spec["rules"].([]any)
		for _, r := range rules {
			host, _ := r.(map[string]any)["host"].(string)
			hosts = append(hosts, host)
		}
		alias, _ := o.annotations()["nginx.ingress.kubernetes.io/server-alias"].(string)
		for _, a := range strings.Split(alias, ",") {
			if a = strings.TrimSpace(a); a != "" {
				hosts = append(hosts, a)
			}
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
