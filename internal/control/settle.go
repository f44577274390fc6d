package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// attempt is a bundle that HAProxy accepts, and what could not be honoured in it.
type attempt struct {
	model   *model.Model
	bundle  *haproxy.Bundle
	issues  issue.List // of the compile
	refused issue.List
}

// settle compiles and renders until HAProxy accepts the result: the objects behind a refusal are closed, which is
// tried again with what is left. It ends, because each round closes an object more.
func (c *Controller) settle(ctx context.Context, snap *snapshot.Snapshot, refused map[issue.Ref]string) (attempt, error) {
	for {
		a, err := c.try(ctx, snap, refused)
		if taken := c.taken(ctx, a.bundle, err); len(taken) > 0 {
			maps.Copy(refused, taken)
			continue
		}
		if err == nil {
			c.remember(snap, refused)
			return a, nil
		}
		guilty := c.blame(ctx, snap, refused, a.bundle, err)
		before := len(refused)
		maps.Copy(refused, guilty)
		if len(refused) == before {
			return attempt{}, err
		}
	}
}

// remember keeps the verdicts for as long as the objects are the same.
func (c *Controller) remember(snap *snapshot.Snapshot, refused map[issue.Ref]string) {
	c.refused = map[issue.Ref]verdict{}
	for ref, reason := range refused {
		c.refused[ref] = verdict{subject(snap, ref), reason}
	}
}

// stillRefused are the verdicts on objects that have not changed since.
func (c *Controller) stillRefused(snap *snapshot.Snapshot) map[issue.Ref]string {
	out := map[issue.Ref]string{}
	for ref, v := range c.refused {
		if v.object != nil && equality.Semantic.DeepEqual(subject(snap, ref), v.object) {
			out[ref] = v.reason
		}
	}
	return out
}

// subject is what a verdict is about. An expression is the same wherever it stands; a port is tried again when the
// ConfigMap that asks for it changes.
func subject(snap *snapshot.Snapshot, ref issue.Ref) any {
	switch ref.Kind {
	case model.KindExpression:
		return ref.Name
	case model.KindPort:
		name := snap.Settings.TCPServices
		return snap.Object(issue.Ref{Kind: "ConfigMap", Namespace: name.Namespace, Name: name.Name})
	default:
		return snap.Object(ref)
	}
}

// sameHosts compares the lists themselves: while only endpoints change, models share one.
func sameHosts(a, b []*model.Host) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// compile renders the snapshot without asking HAProxy. A mistake of the program that an object brings to light is an
// error here: what is served goes on being served.
func (c *Controller) compile(snap *snapshot.Snapshot, refused map[issue.Ref]string) (a attempt, err error) {
	defer func() {
		if mistake := recover(); mistake != nil {
			c.compiler, c.renderer = compile.New(), render.New(c.Render) // what they remember may be half done
			err = fmt.Errorf("compile the objects: %v\n%s", mistake, debug.Stack())
		}
	}()
	m, issues := c.compiler.Compile(snap, compile.Options{
		DefaultCert: c.DefaultCert, LogFormat: c.LogFormat, Refused: refused,
		NoStreams: c.worker == nil, // a port that can't be listened on must not keep everything else from being served
	})
	if c.model == nil || !sameHosts(c.model.Hosts, m.Hosts) {
		c.Users(m.UserLists())
	}
	c.model = m
	a.model, a.issues = m, issues
	for ref, reason := range refused {
		if ref.Kind == model.KindExpression || ref.Kind == model.KindPort {
			continue // reported for each object that has it
		}
		a.refused = append(a.refused, refusedIssue(ref, strings.TrimSuffix(reason, ".")))
	}
	a.refused = a.refused.Sorted()
	a.bundle, err = c.renderer.Render(m)
	return a, err
}

// try asks HAProxy, and returns the bundle even when HAProxy refuses it.
func (c *Controller) try(ctx context.Context, snap *snapshot.Snapshot, refused map[issue.Ref]string) (attempt, error) {
	a, err := c.compile(snap, refused)
	if err != nil {
		return a, err
	}
	dir := filepath.Join(c.StateDir, checkDir)
	files := filesOf(a.bundle)
	if _, err := process.WriteFiles(dir, files); err != nil {
		return a, fmt.Errorf("write the configuration to check: %w", err)
	}
	if _, err := process.RemoveStale(dir, files); err != nil {
		return a, fmt.Errorf("clean the configuration to check: %w", err)
	}
	_, err = process.Check(ctx, c.Binary, filepath.Join(dir, haproxy.ConfigFile))
	return a, err
}

// refusedIssue: a Secret that is refused leaves its hosts with the default certificate, or closes those whose clients it
// was to verify; everything else is closed.
func refusedIssue(ref issue.Ref, reason string) issue.Issue {
	i := issue.Issue{
		Code: issue.Refused, Severity: issue.Error, Effect: issue.Withheld, Object: ref,
		Message: fmt.Sprintf("HAProxy does not accept it, so what it asks for is closed: %s.", reason),
	}
	if ref.Kind == "Secret" {
		i.Effect = issue.Approximated
		i.Message = fmt.Sprintf("HAProxy does not accept it, so it is not used: %s.", reason)
	}
	return i
}

// blame finds the objects behind an error of try. Where HAProxy's message names no place that belongs to an object,
// they are found by leaving out halves.
func (c *Controller) blame(ctx context.Context, snap *snapshot.Snapshot, refused map[issue.Ref]string, b *haproxy.Bundle, err error) map[issue.Ref]string {
	out := map[issue.Ref]string{}
	var unfit render.Errors
	if errors.As(err, &unfit) {
		for _, e := range unfit {
			out[e.Object] = e.Err.Error()
		}
		return out
	}
	var refusal *process.RefusedError
	if !errors.As(err, &refusal) || b == nil {
		return out
	}
	for _, alert := range refusal.Alerts {
		for _, ref := range origins(b, alert) {
			if _, known := refused[ref]; !known {
				out[ref] = alert.Text
			}
		}
	}
	if len(out) == 0 {
		return c.bisect(ctx, snap, refused, refusal)
	}
	return out
}

// origins names the objects that a message is about, from the most precise hint to the least.
func origins(b *haproxy.Bundle, d process.Diagnostic) []issue.Ref {
	if refs := b.OriginsIn(d.Text); len(refs) > 0 {
		return refs
	}
	if refs := b.OriginsOf(d.Inner.File, d.Inner.Line); len(refs) > 0 {
		return refs
	}
	return b.OriginsOf(d.File, d.Line)
}

// bisect finds a smallest set of Ingresses without which HAProxy refuses no more; nothing if there is none.
func (c *Controller) bisect(ctx context.Context, snap *snapshot.Snapshot, refused map[issue.Ref]string, refusal *process.RefusedError) map[issue.Ref]string {
	var candidates []issue.Ref
	for _, i := range snap.Ingresses {
		if ref := snap.IngressRef(i); refused[ref] == "" {
			candidates = append(candidates, ref)
		}
	}
	accepted := func(closed []issue.Ref) bool {
		all := maps.Clone(refused)
		for _, ref := range closed {
			all[ref] = refusal.Error()
		}
		_, err := c.try(ctx, snap, all)
		return err == nil
	}
	if !accepted(candidates) {
		return nil
	}
	out := map[issue.Ref]string{}
	for _, ref := range smallest(candidates, nil, accepted) {
		out[ref] = refusal.Error()
	}
	return out
}

// smallest reduces candidates to those that are needed for accepted(candidates + rest), which holds at the call.
func smallest(candidates, rest []issue.Ref, accepted func([]issue.Ref) bool) []issue.Ref {
	if accepted(rest) {
		return nil
	}
	if len(candidates) <= 1 {
		return candidates
	}
	half := len(candidates) / 2
	left := smallest(candidates[:half], slices.Concat(candidates[half:], rest), accepted)
	return append(left, smallest(candidates[half:], slices.Concat(left, rest), accepted)...)
}
