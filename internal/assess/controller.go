package assess

import (
	"maps"
	"slices"

	"github.com/hawser-ingress/hawser/internal/dialect"
)

// addController tells what the flags and the ConfigMap of the controller come to.
func (a *assessment) addController() {
	c := &a.report.Controller
	c.Workload, c.Flags, c.Settings = a.in.Workload, some(a.in.Flags), []Setting{}
	named := a.snapshot.Settings.ConfigMap
	if named.Name == "" {
		return
	}
	ref := a.in.Objects.Ref("ConfigMap", named.Namespace, named.Name)
	c.ConfigMap = &ref
	config := a.snapshot.ConfigMap(named.Namespace, named.Name)
	if config == nil {
		a.report.Notes = append(a.report.Notes, "There is no ConfigMap "+named.String()+": every setting has its default.")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		s := Setting{Key: key, Outcome: Served}
		s.Support, s.Guard = a.support(key, dialect.Annotation)
		for _, f := range c.Findings {
			if f.Field == key && f.Outcome.risk() > s.Outcome.risk() {
				s.Outcome = f.Outcome
			}
		}
		c.Settings = append(c.Settings, s)
	}
	slices.SortStableFunc(c.Settings, func(a, b Setting) int { return b.Outcome.risk() - a.Outcome.risk() })
}
