package live

import (
	"errors"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// lacking is the reason of a reload for something that other HAProxys do without one.
const lacking = "HAProxy lacks a command"

// able asks for a reload when the plan, or reading back what it changes, needs something that this HAProxy has not.
func (p *planner) able() {
	needs := slices.Concat(p.prepare, p.protect, p.route, p.release, p.end.files, p.trust.needs())
	for _, q := range p.proofs {
		needs = append(needs, q.Command())
	}
	if len(p.end.lines) > 0 {
		needs = append(needs, runtime.ShowCrtList(""), runtime.DelCrtList("", "", 0))
	}
	for _, c := range needs {
		if p.old.can.Lacks(c) != "" {
			p.reload(lacking)
			return
		}
	}
}

// options are those of a server that comes at run time. It spells out what a configuration has as default (manual, 5.2):
// such a server keeps idle connections on HAProxy 2.6 only if it is told both, and closes each one after its first request
// otherwise (measured). How often one may be used is left out where HAProxy does not take it: until the next reload there
// is no bound then, which no client notices.
func (w *Worker) options(args []string) []string {
	out := slices.Clone(args)
	for _, option := range [][2]string{{"pool-max-conn", "-1"}, {"pool-purge-delay", "5s"}} {
		if !slices.Contains(args, option[0]) {
			out = append(out, option[:]...)
		}
	}
	if i := slices.Index(out, "max-reuse"); i >= 0 && !w.can.Takes("max-reuse") {
		out = slices.Delete(out, i, i+2)
	}
	return out
}

// Reasons of a reload after a change at run time that failed.
const (
	failedCommand = "a change at run time was refused"
	failedSocket  = "HAProxy did not answer"
	failedReading = "a change at run time is not there"
)

// Doubt says that a change failed: nobody knows how much of it was made, so that only a reload helps from here on. It
// returns its reason, one of few, and the command that HAProxy does not know, if that is why.
func (w *Worker) Doubt(err error) (reason, unknown string) {
	var refused *runtime.CommandError
	switch {
	case errors.Is(err, runtime.ErrDiffers):
		w.unsure = failedReading
	case errors.As(err, &refused) && refused.Kind == runtime.ErrUnknown:
		w.unsure, unknown = lacking, refused.Verb
	case errors.As(err, &refused):
		w.unsure = failedCommand
	default:
		w.unsure = failedSocket
	}
	return w.unsure, unknown
}

// Abilities are what the worker can do.
func (w *Worker) Abilities() runtime.Abilities { return w.can }
