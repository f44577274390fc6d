package events

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/issue"
)

const (
	controller = "hawser"
	mostNote   = 1024 // bytes, as the API server allows
	mostEach   = 20   // Events of one object; the most severe issues come first
	mostName   = 200  // bytes of the object's name in the Event's
)

// event is nil for an object that does not exist.
func (r *Recorder) event(i issue.Issue) *eventsv1.Event {
	object := r.Object(i.Object)
	if object == nil {
		return nil
	}
	note := noteOf(i)
	namespace := cmp.Or(i.Object.Namespace, metav1.NamespaceDefault) // where Events of cluster-wide objects go
	reason := Reason(i.Code)
	kind := corev1.EventTypeWarning
	if i.Severity == issue.Info {
		kind = corev1.EventTypeNormal
	}
	return &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: nameOf(i.Object.Name, string(object.GetUID()), reason, kind, note)},
		EventTime:  metav1.NowMicro(),
		Regarding: corev1.ObjectReference{
			APIVersion: apiVersion(i.Object.Kind), Kind: i.Object.Kind, Namespace: i.Object.Namespace, Name: i.Object.Name,
			UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
		},
		Reason: reason, Action: action(i.Effect), Note: note, Type: kind,
		ReportingController: controller, ReportingInstance: r.Instance,
	}
}

// nameOf is the same for the same issue of the same object, whoever sends it.
func nameOf(object string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.TrimRight(object[:min(len(object), mostName)], "-.") + "." + hex.EncodeToString(sum[:8])
}

// noteOf is "field: message Suggestion: …", cut to what an Event may hold.
func noteOf(i issue.Issue) string {
	note := i.Message
	if i.Field != "" {
		note = i.Field + ": " + note
	}
	if i.Suggestion != "" {
		note += " Instead: " + i.Suggestion
	}
	if len(note) <= mostNote {
		return note
	}
	note = note[:mostNote-len("…")]
	for !utf8.ValidString(note) {
		note = note[:len(note)-1]
	}
	return note + "…"
}

// Reason is the code of an issue as the reason of an Event: "tls/certificate-missing" is TLSCertificateMissing.
func Reason(c issue.Code) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(string(c), func(r rune) bool { return r == '/' || r == '-' }) {
		switch word {
		case "tls", "ca":
			out.WriteString(strings.ToUpper(word))
		case "haproxy":
			out.WriteString("HAProxy")
		case "configmap":
			out.WriteString("ConfigMap")
		default:
			out.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return out.String()
}

// action says what was done about the issue.
func action(e issue.Effect) string {
	switch e {
	case issue.None:
		return "Served"
	case issue.Approximated:
		return "Approximated"
	case issue.Ignored:
		return "Ignored"
	case issue.Withheld:
		return "Withheld"
	}
	return "Reported"
}

func apiVersion(kind string) string {
	switch kind {
	case "Ingress", "IngressClass":
		return "networking.k8s.io/v1"
	default:
		return "v1"
	}
}

// limited leaves at most mostEach issues of an object, the last of which then tells how many are left out.
func limited(list issue.List) issue.List {
	byObject := map[issue.Ref]issue.List{}
	var order []issue.Ref
	for _, i := range list {
		if byObject[i.Object] == nil {
			order = append(order, i.Object)
		}
		byObject[i.Object] = append(byObject[i.Object], i)
	}
	var out issue.List
	for _, ref := range order {
		group := byObject[ref]
		if len(group) <= mostEach {
			out = append(out, group...)
			continue
		}
		slices.SortStableFunc(group, func(a, b issue.Issue) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
		rest := group[mostEach-1]
		rest.Field, rest.Suggestion = "", "the log of the controller has all of them"
		rest.Message = fmt.Sprintf("%d more issues of this object are not shown.", len(group)-mostEach+1)
		out = append(append(out, group[:mostEach-1]...), rest)
	}
	return out
}

func rank(s issue.Severity) int {
	return slices.Index([]issue.Severity{issue.Error, issue.Warning, issue.Info}, s)
}

// seriesPatch makes an Event last and count on. The count is not read before: that it is "again" is what matters.
func seriesPatch(now time.Time) ([]byte, error) {
	return json.Marshal(map[string]any{"series": eventsv1.EventSeries{Count: 2, LastObservedTime: metav1.NewMicroTime(now)}})
}
