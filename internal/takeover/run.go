package takeover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Runner changes a cluster. Client and Say are needed.
type Runner struct {
	Client  kubernetes.Interface
	Accept  []string      // codes of blocking findings that do not count
	Through string        // last step to do; empty: all
	Limit   time.Duration // for each check
	Say     func(format string, args ...any)
}

// ErrBlocked is a takeover that does not begin because of what was found.
var ErrBlocked = errors.New("the pre-flight found what blocks a takeover")

// Apply does the steps that are not done. It stops at the first that fails; doing it again goes on there.
func (r *Runner) Apply(ctx context.Context, s *Scene) error {
	if blocking := s.Blocking(r.Accept); len(blocking) > 0 {
		return ErrBlocked
	}
	state := s.State
	if state == nil {
		state = &State{
			Version: stateVersion, From: s.Old.Namespace + "/" + s.Old.Name, To: s.New.Namespace + "/" + s.New.Name, Traffic: s.Traffic,
			Addressed: s.addressed(),
		}
		if s.Old.Service != nil {
			state.Service = s.Old.Service.Namespace + "/" + s.Old.Service.Name
		}
	}
	for _, id := range Steps() {
		now, err := Read(ctx, r.Client) // each step looks at what the ones before have made
		if err != nil {
			return fmt.Errorf("step %s: %w", id, err)
		}
		options := s.Options
		options.State = state
		scene, err := Survey(now, options)
		if err != nil {
			return fmt.Errorf("step %s: %w", id, err)
		}
		plan := scene.Plan()
		if at := slices.IndexFunc(plan, func(p Step) bool { return p.ID == id }); at >= 0 {
			if err := r.step(ctx, scene, plan[at]); err != nil {
				return fmt.Errorf("step %s: %w", id, err)
			}
		}
		if id == r.Through {
			return nil
		}
	}
	return nil
}

func (r *Runner) step(ctx context.Context, s *Scene, p Step) error {
	record := s.State.record(p.ID)
	if len(p.Changes) == 0 && (record == nil || record.Done) {
		r.Say("%-14s nothing to do", p.ID)
		return nil
	}
	if record == nil {
		s.State.Records = append(s.State.Records, Record{Step: p.ID, Undo: p.Undo, Back: p.Back})
	} else {
		record.extend(p.Undo)
	}
	record = s.State.record(p.ID)
	if err := s.State.save(ctx, r.Client); err != nil {
		return err
	}
	for _, c := range p.Changes {
		r.Say("%-14s %s", p.ID, c.Words())
		if err := r.change(ctx, c); err != nil {
			return err
		}
	}
	if err := r.verify(ctx, s.State, p.ID, p.After); err != nil {
		return err
	}
	record.Done = true
	if err := s.State.save(ctx, r.Client); err != nil {
		return err
	}
	r.Say("%-14s done", p.ID)
	return nil
}

// extend takes up what a step undoes of objects that it did not know before. What is known stays: it is about the
// object before the first change.
func (r *Record) extend(undo []Change) {
	for _, c := range undo {
		if !slices.ContainsFunc(r.Undo, func(k Change) bool { return k.Kind == c.Kind && k.Namespace == c.Namespace && k.Name == c.Name }) {
			r.Undo = append(r.Undo, c)
		}
	}
}

// Undo goes back, the last step first.
func (r *Runner) Undo(ctx context.Context, state *State) error {
	for len(state.Records) > 0 {
		last := state.Records[len(state.Records)-1]
		for _, c := range last.Undo {
			r.Say("%-14s %s", last.Step, c.Words())
			if err := r.change(ctx, c); err != nil {
				return fmt.Errorf("undo %s: %w", last.Step, err)
			}
		}
		if err := r.verify(ctx, state, last.Step, last.Back); err != nil {
			return fmt.Errorf("undo %s: %w", last.Step, err)
		}
		state.Records = state.Records[:len(state.Records)-1]
		if err := state.save(ctx, r.Client); err != nil {
			return fmt.Errorf("undo %s: %w", last.Step, err)
		}
		r.Say("%-14s undone", last.Step)
	}
	return state.remove(ctx, r.Client)
}

// change writes to one object. What is there already, or gone already, is no failure.
func (r *Runner) change(ctx context.Context, c Change) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	client := r.Client.Discovery().RESTClient()
	switch c.Verb {
	case Patch:
		if c.Edit != nil {
			return r.edit(ctx, c, path)
		}
		_, err = client.Patch(types.StrategicMergePatchType).AbsPath(path).SetHeader("Accept", "application/json").Body([]byte(c.Patch)).DoRaw(ctx)
	case Delete:
		_, err = client.Delete().AbsPath(path).SetHeader("Accept", "application/json").DoRaw(ctx)
		if apierrors.IsNotFound(err) {
			return nil
		}
	case Create:
		collection := path[:strings.LastIndex(path, "/")]
		_, err = client.Post().AbsPath(collection).SetHeader("Accept", "application/json").SetHeader("Content-Type", "application/json").Body([]byte(c.Object)).DoRaw(ctx)
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
	default:
		return fmt.Errorf("%q is nothing that is done to an object", c.Verb)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Words(), err)
	}
	return nil
}

// attempts against somebody who writes the same object at the same time.
const attempts = 10

// edit changes arguments as they are now; the version keeps it from undoing what somebody else does meanwhile.
func (r *Runner) edit(ctx context.Context, c Change, path string) error {
	var err error
	for range attempts {
		var w Workload
		if w, err = r.workload(ctx, c.Kind, c.Namespace, c.Name); err != nil {
			return err
		}
		at := slices.IndexFunc(w.Template.Spec.Containers, func(o corev1.Container) bool { return o.Name == c.Edit.Container })
		if at < 0 {
			return fmt.Errorf("%s has no container %s any more", w.Key(), c.Edit.Container)
		}
		args := w.Template.Spec.Containers[at].Args
		wanted := c.Edit.apply(args)
		if slices.Equal(args, wanted) {
			return nil
		}
		_, err = r.Client.Discovery().RESTClient().Patch(types.StrategicMergePatchType).AbsPath(path).SetHeader("Accept", "application/json").
			Body([]byte(argsPatch(c.Edit.Container, wanted, w.ResourceVersion))).DoRaw(ctx)
		if !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Words(), err)
	}
	return nil
}

func (r *Runner) workload(ctx context.Context, kind, namespace, name string) (Workload, error) {
	if kind == "DaemonSet" {
		d, err := r.Client.AppsV1().DaemonSets(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return Workload{}, fmt.Errorf("read DaemonSet %s/%s: %w", namespace, name, err)
		}
		return ofDaemonSet(d), nil
	}
	d, err := r.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return Workload{}, fmt.Errorf("read Deployment %s/%s: %w", namespace, name, err)
	}
	return ofDeployment(d), nil
}
