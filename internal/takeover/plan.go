package takeover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Verb is what is done to an object.
type Verb string

const (
	Patch  Verb = "patch" // a strategic merge patch, or an Edit
	Delete Verb = "delete"
	Create Verb = "create"
)

// Change is one write to one object. It may be repeated.
type Change struct {
	Verb      Verb            `json:"verb"`
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace,omitempty"`
	Name      string          `json:"name"`
	Patch     json.RawMessage `json:"patch,omitempty"`
	Edit      *Edit           `json:"edit,omitempty"`
	Object    json.RawMessage `json:"object,omitempty"`
}

// Wait is what is waited for.
type Wait string

const (
	Rollout Wait = "rollout" // every pod of the workload is ready and as its template wants it
	Stopped Wait = "stopped" // the workload has no pods
	Serves  Wait = "serves"  // the Service sends to ready pods of the workload, and to no others
	Status  Wait = "status"  // no Ingress lost its addresses, and all have those of the Service, if it is known
)

// Check verifies what a step brought about.
type Check struct {
	Wait     Wait   `json:"wait"`
	Kind     string `json:"kind,omitempty"` // of the workload
	Workload string `json:"workload,omitempty"`
	Service  string `json:"service,omitempty"`
}

// Step is a part of the takeover. Without Changes there is nothing left to do for it.
type Step struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Why     string   `json:"why"`
	Changes []Change `json:"changes"`
	Undo    []Change `json:"undo"`
	After   []Check  `json:"after"`
	Back    []Check  `json:"back"`
}

const (
	stepKeep      = "keep"
	stepOldStatus = "old-status"
	stepGrant     = "grant"
	stepWrites    = "hawser-writes"
	stepWebhook   = "webhook"
	stepTraffic   = "traffic"
	stepStop      = "stop"
)

// Steps are the names of all steps in their order.
func Steps() []string {
	return []string{stepKeep, stepOldStatus, stepGrant, stepWrites, stepWebhook, stepTraffic, stepStop}
}

// Plan lists the steps in the order in which no request and no status is lost; undone backwards, neither is.
func (s *Scene) Plan() []Step {
	plan := []Step{
		s.keep(),      // first, for it changes nothing that anybody sees
		s.oldStatus(), // before Hawser writes, so that the two never write over each other
		s.grant(),     // before Hawser is started with the wish to write
		s.writes(),    // starts Hawser's pods anew, so it comes before clients depend on them
		s.webhook(),   // before its Service has no pods any more, which would refuse every Ingress
	}
	if s.Traffic == ByService {
		plan = append(plan, s.traffic()) // both controllers serve at this moment
	}
	if s.Traffic == ByService || s.DNSMoved {
		plan = append(plan, s.stop()) // last: until then going back costs nothing
	}
	return plan
}

const (
	keepKey      = "helm.sh/resource-policy"
	helmRelease  = "meta.helm.sh/release-name"
	managedBy    = "app.kubernetes.io/managed-by"
	stoppedLabel = "hawser/stopped"
)

func helmOwns(m metav1.ObjectMeta) bool {
	return m.Annotations[helmRelease] != "" || m.Labels[managedBy] == "Helm"
}

func (s *Scene) keep() Step {
	step := Step{ID: stepKeep, Title: "Keep what both need when the chart of ingress-nginx leaves it out",
		Why: "IngressClass and Service belong to the Helm release of ingress-nginx; with the annotation an upgrade that no longer has them leaves them in the cluster"}
	mark := func(kind string, m metav1.ObjectMeta) {
		if !helmOwns(m) || m.Annotations[keepKey] == "keep" {
			return
		}
		var before any
		if value, ok := m.Annotations[keepKey]; ok {
			before = value
		}
		step.Changes = append(step.Changes, patch(kind, m, annotation(keepKey, "keep")))
		step.Undo = append(step.Undo, patch(kind, m, annotation(keepKey, before)))
	}
	for _, c := range s.classes() {
		mark("IngressClass", c.ObjectMeta)
	}
	if s.Traffic == ByService {
		mark("Service", s.Old.Service.ObjectMeta)
	}
	return step
}

func annotation(key string, value any) map[string]any {
	return map[string]any{"metadata": map[string]any{"annotations": map[string]any{key: value}}}
}

func (s *Scene) oldStatus() Step {
	step := Step{ID: stepOldStatus, Title: "Stop ingress-nginx from writing status, and from removing it when it ends",
		Why: "the last replica that ends would empty the status of every Ingress, and external-dns would delete the names",
		// The status is looked at when the pods are new: those that ended had their chance to remove it.
		After: []Check{check(Rollout, &s.Old), {Wait: Status}}, Back: []Check{check(Rollout, &s.Old)}}
	if on(s.Old.Words, "update-status", true) {
		step.edit(&s.Old, map[string][]string{"update-status": {"--update-status=false"}})
	}
	return step
}

func (s *Scene) writes() Step {
	step := Step{ID: stepWrites, Title: "Let Hawser write status and Events",
		Why:   "it writes what ingress-nginx wrote, so nothing that reads status sees a change",
		After: []Check{check(Rollout, &s.New), {Wait: Status, Service: s.publishes()}}, Back: []Check{check(Rollout, &s.New)}}
	if s.Traffic == ByAddress {
		step.Why = "the status of Ingresses changes to Hawser's address; what reads it, such as external-dns, moves clients"
	}
	flags := map[string][]string{}
	if on(s.New.Words, "shadow", false) {
		flags["shadow"] = nil
	}
	if wanted := s.writesStatus(); on(s.New.Words, "update-status", true) != wanted {
		flags["update-status"] = []string{fmt.Sprintf("--update-status=%v", wanted)}
	}
	if s.Traffic == ByService && s.writesStatus() {
		for _, name := range []string{"publish-service", "publish-status-address"} {
			now, _ := flag(s.New.Words, name, valued)
			was, _ := flag(s.Old.Words, name, valued)
			if now != was {
				flags[name] = nil
				if was != "" {
					flags[name] = []string{"--" + name + "=" + was}
				}
			}
		}
	}
	if len(flags) > 0 {
		step.edit(&s.New, flags)
	}
	return step
}

// publishes is the Service whose addresses Hawser will write; empty if others are to be written.
func (s *Scene) publishes() string {
	words := s.New.Words
	if s.Traffic == ByService {
		words = s.Old.Words
	}
	name, _ := flag(words, "publish-service", valued)
	if !s.writesStatus() {
		return ""
	}
	return name
}

// edit does nothing for a container without arguments: those of its image would be lost. This is a finding.
func (p *Step) edit(side *Side, flags map[string][]string) {
	c := side.Template.Spec.Containers[side.Container]
	e := Edit{Container: c.Name, Flags: flags}
	back := e.reverse(c.Args)
	change := Change{Verb: Patch, Kind: side.Kind, Namespace: side.Namespace, Name: side.Name, Edit: &e}
	change.Patch = argsPatch(c.Name, e.apply(c.Args), "")
	undo := change
	undo.Edit, undo.Patch = &back, argsPatch(c.Name, c.Args, "")
	p.Changes, p.Undo = append(p.Changes, change), append(p.Undo, undo)
}

// argsPatch replaces the arguments of a container, if the object still has the version.
func argsPatch(container string, args []string, version string) json.RawMessage {
	object := map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{map[string]any{"name": container, "args": args}}}}}}
	if version != "" {
		object["metadata"] = map[string]any{"resourceVersion": version}
	}
	return encode(object)
}

const grantName = "hawser-takeover-status"

// grant gives Hawser the right that its chart leaves out as long as status is not to be written.
func (s *Scene) grant() Step {
	step := Step{ID: stepGrant, Title: "Let Hawser's ServiceAccount write the status of Ingresses",
		Why: "its chart gives this right only with controller.updateStatus=true"}
	namespace, _ := flag(s.New.Words, "watch-namespace", valued)
	account := accountOf(s.New.Workload)
	if may, known := s.MayWrite[account+" "+namespace]; !known || may || !s.writesStatus() {
		return step
	}
	role := rbacv1.ClusterRole{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole"},
		ObjectMeta: metav1.ObjectMeta{Name: grantName},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses/status"}, Verbs: []string{"update", "patch"}}}}
	subject := rbacv1.Subject{Kind: "ServiceAccount", Namespace: s.New.Namespace, Name: account[len(s.New.Namespace)+1:]}
	to := rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: grantName}
	meta := metav1.ObjectMeta{Name: grantName, Namespace: namespace}
	binding, kind := any(rbacv1.ClusterRoleBinding{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding"},
		ObjectMeta: meta, Subjects: []rbacv1.Subject{subject}, RoleRef: to}), "ClusterRoleBinding"
	if namespace != "" {
		kind = "RoleBinding"
		binding = rbacv1.RoleBinding{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: kind}, ObjectMeta: meta, Subjects: []rbacv1.Subject{subject}, RoleRef: to}
	}
	step.Changes = []Change{
		{Verb: Create, Kind: "ClusterRole", Name: grantName, Object: encode(role)},
		{Verb: Create, Kind: kind, Namespace: namespace, Name: grantName, Object: encode(binding)},
	}
	step.Undo = []Change{
		{Verb: Delete, Kind: "ClusterRole", Name: grantName},
		{Verb: Delete, Kind: kind, Namespace: namespace, Name: grantName},
	}
	return step
}

func (s *Scene) webhook() Step {
	step := Step{ID: stepWebhook, Title: "Remove the admission webhook of ingress-nginx",
		Why: "without pods behind its Service the API server would refuse every Ingress that is written"}
	for i := range s.Webhooks {
		w := &s.Webhooks[i]
		if own, others := s.asksOld(w); own && !others {
			step.Changes = append(step.Changes, Change{Verb: Delete, Kind: "ValidatingWebhookConfiguration", Name: w.Name})
			step.Undo = append(step.Undo, Change{Verb: Create, Kind: "ValidatingWebhookConfiguration", Name: w.Name, Object: encode(again(w))})
		}
	}
	return step
}

// again is the object as it can be created anew.
func again(w *admissionv1.ValidatingWebhookConfiguration) *admissionv1.ValidatingWebhookConfiguration {
	out := w.DeepCopy()
	out.TypeMeta = metav1.TypeMeta{APIVersion: "admissionregistration.k8s.io/v1", Kind: "ValidatingWebhookConfiguration"}
	out.ObjectMeta = metav1.ObjectMeta{Name: w.Name, Labels: w.Labels, Annotations: w.Annotations}
	return out
}

// asksOld reports whether webhooks of a configuration ask the pods of ingress-nginx, and whether others ask somebody else.
func (s *Scene) asksOld(w *admissionv1.ValidatingWebhookConfiguration) (own, others bool) {
	for _, hook := range w.Webhooks {
		to := hook.ClientConfig.Service
		if to == nil || to.Namespace != s.Old.Namespace {
			others = true
			continue
		}
		service := s.service(to.Namespace + "/" + to.Name)
		if service != nil && selects(service.Spec.Selector, s.Old.Template.Labels) {
			own = true
		} else {
			others = true
		}
	}
	return own, others
}

// newSelector chooses Hawser's pods: as its own Service does, else as its workload does. Nil if neither can be said.
func (s *Scene) newSelector() map[string]string {
	if own := s.New.Service; own != nil && own.Name != s.Old.Service.Name {
		return own.Spec.Selector
	}
	if s.New.Selector == nil || len(s.New.Selector.MatchExpressions) > 0 || len(s.New.Selector.MatchLabels) == 0 {
		return nil
	}
	return s.New.Selector.MatchLabels
}

func (s *Scene) traffic() Step {
	step := Step{ID: stepTraffic, Title: "Point the Service of ingress-nginx at Hawser's pods",
		Why:   "the address of the Service stays, so no DNS changes; both controllers serve while it happens",
		After: []Check{serves(s.Old.Service, &s.New)}, Back: []Check{serves(s.Old.Service, &s.Old)}}
	wanted, now := s.newSelector(), s.Old.Service.Spec.Selector
	if wanted == nil || maps.Equal(wanted, now) {
		return step
	}
	step.Changes = []Change{patch("Service", s.Old.Service.ObjectMeta, selector(now, wanted))}
	step.Undo = []Change{patch("Service", s.Old.Service.ObjectMeta, selector(wanted, now))}
	return step
}

// selector makes a merge patch that replaces from by to.
func selector(from, to map[string]string) map[string]any {
	change := map[string]any{}
	for key := range from {
		change[key] = nil
	}
	for key, value := range to {
		change[key] = value
	}
	return map[string]any{"spec": map[string]any{"selector": change}}
}

func (s *Scene) stop() Step {
	step := Step{ID: stepStop, Title: "End the pods of ingress-nginx",
		Why:   "nobody is sent to them any more; open connections have their termination grace period",
		After: []Check{check(Stopped, &s.Old), {Wait: Status, Service: s.publishes()}}, Back: []Check{check(Rollout, &s.Old)}}
	change := map[string]any{"spec": map[string]any{"replicas": 0}}
	undo := map[string]any{"spec": map[string]any{"replicas": s.Old.Wanted}}
	stopped := s.Old.Kind == "Deployment" && s.Old.Wanted == 0
	if s.Old.Kind == "DaemonSet" {
		node := func(value any) map[string]any {
			return map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"nodeSelector": map[string]any{stoppedLabel: value}}}}}
		}
		change, undo = node("true"), node(nil)
		stopped = s.Old.Template.Spec.NodeSelector[stoppedLabel] == "true"
	}
	if !stopped {
		step.Changes = []Change{patch(s.Old.Kind, s.Old.ObjectMeta, change)}
		step.Undo = []Change{patch(s.Old.Kind, s.Old.ObjectMeta, undo)}
	}
	return step
}

func patch(kind string, m metav1.ObjectMeta, content map[string]any) Change {
	return Change{Verb: Patch, Kind: kind, Namespace: m.Namespace, Name: m.Name, Patch: encode(content)}
}

func check(wait Wait, side *Side) Check {
	return Check{Wait: wait, Kind: side.Kind, Workload: side.Namespace + "/" + side.Name}
}

func serves(s *corev1.Service, side *Side) Check {
	c := check(Serves, side)
	c.Service = s.Namespace + "/" + s.Name
	return c
}

// encode is for values that are made here or came from the API server; both have a form in JSON.
func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return data
}

// Needs are the writes of a plan, for a look at the rights before the first of them.
func Needs(plan []Step) []Change {
	var out []Change
	for _, step := range plan {
		out = append(out, slices.Concat(step.Changes, step.Undo)...)
	}
	return out
}
