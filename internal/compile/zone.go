package compile

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// zoneFor is the zone whose endpoints a Service prefers, or "". As in ingress-nginx the flag and the Service have to ask
// for it. Hints count when every endpoint has one (KEP-2433), so that no endpoint is left without requests; where none
// is meant for the zone all are used.
func (c *compiler) zoneFor(s *corev1.Service) string {
	if strings.EqualFold(s.Annotations[corev1.AnnotationTopologyMode], "auto") || s.Spec.TrafficDistribution != nil {
		return c.snapshot.Settings.Zone
	}
	return ""
}

func hintedFor(e *discoveryv1.Endpoint, zone string) bool {
	return zone != "" && e.Hints != nil && slices.ContainsFunc(e.Hints.ForZones, func(z discoveryv1.ForZone) bool { return z.Name == zone })
}
