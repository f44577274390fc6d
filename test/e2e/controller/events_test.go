package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// TestEvents shows issues on their Ingress: once, also after a restart, and no more when they are mended.
func TestEvents(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t,
		ingress(ns, "bad", "bad.example", "web", annotated("auth-tls-secret", ns+"/no-such-secret"), annotated("ssl-redirekt", "false")),
		ingress(ns, "good", "good.example", "web"))
	h := w.admin(t, "--update-status=false", "--election-ttl=4s")
	h.Expect(t, "good.example", "/", 200, "one")
	w.expectEvents(t, ns, "bad", "Warning AnnotationUnknown Ignored", "Warning ClientCertSecretMissing Withheld")
	for _, e := range w.events(t, ns, "bad") {
		t.Logf("%s: %s", e.Reason, e.Note)
		if e.Reason == "AnnotationUnknown" && !strings.Contains(e.Note, "nginx.ingress.kubernetes.io/ssl-redirect") {
			t.Errorf("the Event does not say what to write instead: %s", e.Note)
		}
	}
	if got := w.events(t, ns, "good"); len(got) != 0 {
		t.Errorf("an Ingress without issues has Events: %v", got)
	}

	// Another change of the same Ingress, and a restart, send nothing again.
	before := w.events(t, ns, "bad")
	w.change(t, ns, "bad", func(i *netv1.Ingress) { i.Annotations["nginx.ingress.kubernetes.io/proxy-body-sise"] = "8m" })
	w.expectEvents(t, ns, "bad", "Warning AnnotationUnknown Ignored", "Warning AnnotationUnknown Ignored", "Warning ClientCertSecretMissing Withheld")
	h.Stop(t)
	h = w.admin(t, "--update-status=false", "--election-ttl=4s")
	time.Sleep(2 * time.Second)
	after := w.events(t, ns, "bad")
	if len(after) != len(before)+1 {
		t.Errorf("%d Events became %d by a restart", len(before)+1, len(after))
	}
	for _, e := range before {
		if !slices.ContainsFunc(after, func(f eventsv1.Event) bool { return f.Name == e.Name && f.ResourceVersion == e.ResourceVersion }) {
			t.Errorf("the Event %s was written again", e.Name)
		}
	}
	h.Stop(t)

	// Before the API server forgets an Event, the controller counts its series on, in this way.
	again := `{"series":{"count":2,"lastObservedTime":"` + time.Now().UTC().Format(metav1.RFC3339Micro) + `"}}`
	if _, err := w.k.EventsV1().Events(ns).Patch(t.Context(), after[0].Name, types.MergePatchType, []byte(again), metav1.PatchOptions{}); err != nil {
		t.Errorf("show an Event again: %v", err)
	}
}

func (w *world) events(t *testing.T, namespace, ingress string) []eventsv1.Event {
	t.Helper()
	object, err := w.k.NetworkingV1().Ingresses(namespace).Get(t.Context(), ingress, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.k.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "regarding.uid=" + string(object.UID)})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func (w *world) expectEvents(t *testing.T, namespace, ingress string, want ...string) {
	t.Helper()
	slices.Sort(want)
	cluster.Eventually(t, 20*time.Second, func() error {
		var got []string
		for _, e := range w.events(t, namespace, ingress) {
			got = append(got, e.Type+" "+e.Reason+" "+e.Action)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return errorf("the Events of %s are %q, not %q", ingress, got, want)
		}
		return nil
	})
}
