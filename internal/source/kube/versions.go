package kube

import (
	"sync/atomic"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// versions count the changes of the tables of each kind, whether they matter or not.
type versions struct {
	ingresses, classes, services, slices, secrets, configMaps, sets atomic.Uint64

	specs atomic.Uint64 // of Ingresses, without those of their status
}

// now is 0 for no kind: nothing has been counted is a version, too.
func (v *versions) now() snapshot.Versions {
	sets := v.sets.Load() << 40 // other tables: no number of before comes again
	of := func(n *atomic.Uint64) uint64 { return sets + n.Load() + 1 }
	return snapshot.Versions{
		Ingresses: of(&v.ingresses), IngressClasses: of(&v.classes), Services: of(&v.services),
		EndpointSlices: of(&v.slices), Secrets: of(&v.secrets), ConfigMaps: of(&v.configMaps),
	}
}

// references number the objects that refer to others.
type references struct{ specs, services, configMaps, sets uint64 }

// references is never the zero value.
func (v *versions) references() references {
	return references{v.specs.Load(), v.services.Load(), v.configMaps.Load(), v.sets.Load() + 1}
}
