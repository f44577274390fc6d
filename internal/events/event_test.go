package events

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/hawser-ingress/hawser/internal/issue"
)

func TestReasonOfEveryCode(t *testing.T) {
	seen := map[string]issue.Code{}
	for _, d := range issue.Docs() {
		reason := Reason(d.Code)
		if other, twice := seen[reason]; twice {
			t.Errorf("%s and %s have the same reason %s", d.Code, other, reason)
		}
		seen[reason] = d.Code
		if reason == "" || len(reason) > 128 || strings.ContainsAny(reason, "/- ") {
			t.Errorf("%s: %q is no reason", d.Code, reason)
		}
	}
	for code, want := range map[issue.Code]string{
		issue.CertificateMissing: "TLSCertificateMissing", issue.Refused: "HAProxyRefused", issue.BadSetting: "ConfigMapBadValue",
	} {
		if got := Reason(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

func TestNoteIsCutAtACharacter(t *testing.T) {
	for extra := range 4 {
		note := noteOf(issue.Issue{Field: strings.Repeat("x", extra), Message: strings.Repeat("ü", 600)})
		if len(note) > mostNote || !utf8.ValidString(note) || !strings.HasSuffix(note, "…") {
			t.Errorf("%d bytes, ends with %q", len(note), note[len(note)-6:])
		}
	}
	got := noteOf(issue.Issue{Field: "spec.tls", Message: "It is missing.", Suggestion: "a Secret"})
	if want := "spec.tls: It is missing. Instead: a Secret"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLimitOfOneObject(t *testing.T) {
	var list issue.List
	for n := range 30 {
		severity := issue.Info
		if n == 29 {
			severity = issue.Error
		}
		list = append(list, issue.Issue{Severity: severity, Object: issue.Ref{Kind: "Ingress", Name: "a"}, Message: fmt.Sprint(n)})
	}
	list = append(list, issue.Issue{Object: issue.Ref{Kind: "Ingress", Name: "b"}})
	got := limited(list)
	if len(got) != mostEach+1 || got[0].Message != "29" || got[mostEach-1].Message != "11 more issues of this object are not shown." {
		t.Errorf("%d issues: first %q, last %q", len(got), got[0].Message, got[mostEach-1].Message)
	}
}

func TestSameIssueHasTheSameName(t *testing.T) {
	object := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{UID: "1"}}
	r := New(Options{Object: func(issue.Ref) metav1.Object { return object }, Instance: "one"})
	i := issue.Issue{Code: issue.BadValue, Object: issue.Ref{Kind: "Ingress", Namespace: "shop", Name: "web"}, Message: "No."}
	first := r.event(i).Name
	r.Instance = "two"
	if second := r.event(i).Name; second != first {
		t.Errorf("another replica names it %s instead of %s", second, first)
	}
	object.UID = "2"
	if third := r.event(i).Name; third == first {
		t.Error("another object of the same name has the same Event")
	}
	r.Object = func(issue.Ref) metav1.Object { return nil }
	if r.event(i) != nil {
		t.Error("an object that does not exist has an Event")
	}
}

// TestSentOnce follows one issue: sent, not sent again, shown again when it is old, and sent anew by another replica
// without a second Event.
func TestSentOnce(t *testing.T) {
	client := fake.NewClientset()
	object := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{UID: "1"}}
	replica := func() *Recorder {
		r := New(Options{Client: client, Object: func(issue.Ref) metav1.Object { return object }, Log: slog.New(slog.DiscardHandler)})
		r.Set(issue.List{{Code: issue.BadValue, Object: issue.Ref{Kind: "Ingress", Namespace: "shop", Name: "web"}, Message: "No."}})
		return r
	}
	r, sent := replica(), map[string]time.Time{}
	expect := func(r *Recorder, sent map[string]time.Time, want ...string) {
		t.Helper()
		client.ClearActions()
		if err := r.send(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range client.Actions() {
			got = append(got, a.GetVerb())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if list, err := client.EventsV1().Events("shop").List(t.Context(), metav1.ListOptions{}); err != nil || len(list.Items) != 1 {
			t.Errorf("%d Events, %v", len(list.Items), err)
		}
	}
	expect(r, sent, "create")
	expect(r, sent)
	for id := range sent {
		sent[id] = time.Now().Add(-r.Refresh)
	}
	expect(r, sent, "patch")
	expect(replica(), map[string]time.Time{}, "create")
	for id := range sent {
		sent[id] = time.Now().Add(-r.Refresh)
		_ = client.EventsV1().Events("shop").Delete(t.Context(), strings.TrimPrefix(id, "shop/"), metav1.DeleteOptions{})
	}
	expect(r, sent, "patch", "create") // the API server has forgotten it
	r.Set(nil)
	expect(r, sent)
	if len(sent) != 0 {
		t.Error("an issue that is mended is remembered")
	}
}
