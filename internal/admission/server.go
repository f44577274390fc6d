package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Path is where ingress-nginx's webhook answers, which configurations of it name.
const Path = "/networking/v1/ingresses"

const (
	maxRequest  = 4 << 20         // bytes; etcd takes 1.5 MB of an object
	parallel    = 2               // checks at the same time; more wait
	patience    = 8 * time.Second // a check that waits longer than this is answered with 503
	maxWarning  = 256             // characters; the API server shows all, terminals show lines
	maxWarnings = 16
)

// Options of a Handler.
type Options struct {
	Snapshot func() *snapshot.Snapshot // what is served now; nil while nothing is
	Cert     *model.Cert
	WarnOnly bool // never refuse
}

// Handler answers AdmissionReviews of v1.
func Handler(o Options) http.Handler {
	slots := make(chan struct{}, parallel)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			http.Error(w, "too many Ingresses are written at the same time", http.StatusServiceUnavailable)
			return
		}
		o.serve(w, r)
	})
	return mux
}

func (o Options) serve(w http.ResponseWriter, r *http.Request) {
	s := o.Snapshot()
	if s == nil {
		http.Error(w, "the first configuration is not live", http.StatusServiceUnavailable)
		return
	}
	var review admissionv1.AdmissionReview
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("no AdmissionReview of admission.k8s.io/v1: %v", err), http.StatusBadRequest)
		return
	}
	answer := admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: o.review(s, review.Request)}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a caller that is gone needs no answer
}

// review answers a request about anything but the creation or change of an Ingress with yes.
func (o Options) review(s *snapshot.Snapshot, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	response := &admissionv1.AdmissionResponse{UID: request.UID, Allowed: true}
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update || request.Kind.Kind != "Ingress" {
		return response
	}
	var ingress netv1.Ingress
	if err := json.Unmarshal(request.Object.Raw, &ingress); err != nil {
		return refusal(request.UID, fmt.Sprintf("the Ingress does not decode: %v", err))
	}
	if ingress.Namespace == "" {
		ingress.Namespace = request.Namespace
	}
	if ingress.DeletionTimestamp != nil {
		return response // its end must not be held up
	}
	if ingress.CreationTimestamp.IsZero() {
		ingress.CreationTimestamp = metav1.Now() // it is the youngest
	}
	v := Check(s, &ingress, o.Cert)
	if o.WarnOnly {
		v.Warnings, v.Refused = append(v.Refused, v.Warnings...), nil
	}
	if len(v.Refused) > 0 {
		response = refusal(request.UID, text(v.Refused))
	}
	for n, w := range v.Warnings {
		if n == maxWarnings {
			response.Warnings = append(response.Warnings, fmt.Sprintf("and %d more", len(v.Warnings)-n))
			break
		}
		response.Warnings = append(response.Warnings, short(line(w)))
	}
	return response
}

func refusal(uid types.UID, message string) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{UID: uid, Result: &metav1.Status{
		Status: metav1.StatusFailure, Message: message, Reason: metav1.StatusReasonInvalid, Code: http.StatusUnprocessableEntity,
	}}
}

func text(list []issue.Issue) string {
	var lines []string
	for _, i := range list {
		lines = append(lines, line(i))
	}
	return strings.Join(lines, "\n")
}

func line(i issue.Issue) string {
	out := i.Message
	if i.Field != "" {
		out = i.Field + ": " + out
	}
	if i.Suggestion != "" {
		out += " Write instead: " + i.Suggestion
	}
	return out
}

func short(s string) string {
	runes := []rune(s)
	if len(runes) <= maxWarning {
		return s
	}
	return string(runes[:maxWarning-1]) + "…"
}
