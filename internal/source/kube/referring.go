package kube

import "sync/atomic"

// referring counts the changes of what refers to other objects.
type referring struct{ ingresses, services, configMaps, sets atomic.Uint64 }

// references number what refers to others: the same numbers mean the same references.
type references struct{ ingresses, services, configMaps, sets uint64 }

// now is never the zero value.
func (r *referring) now() references {
	return references{r.ingresses.Load(), r.services.Load(), r.configMaps.Load(), r.sets.Load() + 1}
}
