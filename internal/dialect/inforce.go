package dialect

import "github.com/hawser-ingress/hawser/internal/issue"

// InForce is a key that is set, with the place that decides its value.
type InForce struct {
	Feature string    `json:"feature"`
	Key     string    `json:"key"` // as the object writes it
	Value   string    `json:"value"`
	From    issue.Ref `json:"from"`
	Support string    `json:"support"`
}

// InForce lists the keys that are set for what the pass reads, in the order of the reference. An Ingress's pass has its
// annotations, and the settings that stand for one; the settings' pass has the others. Whether a value can be honoured
// is what the issues say.
func (r *Registry) InForce(p *Pass) []InForce {
	var out []InForce
	for _, f := range r.Features {
		for _, spec := range f.Keys {
			d := spec.Describe()
			if d.Scope == Both && p.object == p.settingsRef {
				continue // an Ingress's pass reads it
			}
			for _, at := range p.find(d) {
				if at.value == "" || d.Scope == Setting && p.object != p.settingsRef {
					continue
				}
				out = append(out, InForce{f.Name, at.field, at.value, at.object, d.Support.String()})
				break
			}
		}
	}
	return out
}
