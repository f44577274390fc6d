package compile_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

func TestZones(t *testing.T) {
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	auto := map[string]string{corev1.AnnotationTopologyMode: "Auto"}
	for name, test := range map[string]struct {
		zone         string
		annotations  map[string]string
		distribution *string
		hints        []string // of each endpoint, zones with blanks between
		want         string   // last numbers of the addresses
	}{
		"near endpoints":          {"a", auto, nil, []string{"a", "b", "a b"}, "1 3"},
		"traffic distribution":    {"a", nil, new("PreferClose"), []string{"a", "b"}, "1"},
		"not asked for":           {"a", nil, nil, []string{"a", "b"}, "1 2"},
		"disabled by the Service": {"a", map[string]string{corev1.AnnotationTopologyMode: "Disabled"}, nil, []string{"a", "b"}, "1 2"},
		"zone is not known":       {"", auto, nil, []string{"a", "b"}, "1 2"},
		"an endpoint has no hint": {"a", auto, nil, []string{"a", "b", ""}, "1 2 3"},
		"none is near":            {"c", auto, nil, []string{"a", "b"}, "1 2"},
	} {
		settings := snapshot.DefaultSettings()
		settings.Zone, settings.TCPServices = test.zone, types.NamespacedName{Namespace: "a", Name: "tcp"}
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "web-1", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
			Ports:      []discoveryv1.EndpointPort{{Port: new(int32(8080))}},
		}
		for i, zones := range test.hints {
			e := discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("10.0.0.%d", i+1)}}
			for _, zone := range strings.Fields(zones) {
				if e.Hints == nil {
					e.Hints = &discoveryv1.EndpointHints{}
				}
				e.Hints.ForZones = append(e.Hints.ForZones, discoveryv1.ForZone{Name: zone})
			}
			slice.Endpoints = append(slice.Endpoints, e)
		}
		snap, _ := snapshot.Build(snapshot.Objects{
			Services: []*corev1.Service{{
				ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "web", Annotations: test.annotations},
				Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}, TrafficDistribution: test.distribution},
			}},
			EndpointSlices: []*discoveryv1.EndpointSlice{slice},
			ConfigMaps: []*corev1.ConfigMap{{
				ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "tcp"}, Data: map[string]string{"9000": "a/web:80"},
			}},
		}, settings)
		m, _ := compile.Compile(snap, compile.Options{DefaultCert: cert})
		var got []string
		for _, e := range m.Backends[0].Endpoints {
			got = append(got, strings.TrimPrefix(e.Addr.String(), "10.0.0."))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: endpoints %v, want %s", name, got, test.want)
		}
	}
}
