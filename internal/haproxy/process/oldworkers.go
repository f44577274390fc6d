package process

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// OldWorkers counts the workers of earlier configurations that still serve connections.
func (p *Process) OldWorkers(ctx context.Context) (int, error) {
	s := p.State()
	if !s.Up {
		return 0, ErrDown
	}
	procs, err := p.master.Processes(ctx)
	return len(oldOf(procs, s.Worker)), err
}

// oldOf are the old workers, the oldest first. After a failed reload 3.2 counts the worker that goes on among these; the
// master of 3.0 misses the end of a worker while it starts itself anew, and goes on listing it (measured).
func oldOf(procs runtime.Processes, serving int) []runtime.Process {
	old := slices.DeleteFunc(slices.Clone(procs.Old), func(w runtime.Process) bool { return w.PID == serving || !runs(w.PID) })
	slices.SortStableFunc(old, func(a, b runtime.Process) int { return cmp.Compare(b.Reloads, a.Reloads) })
	return old
}

// endOldest ends old workers beyond those that may be. HAProxy 3.0 lets them all live, whatever mworker-max-reloads says, and
// they do not end when they are told to (SIGTERM, measured), so they are killed: what they serve is cut in any case.
func (p *Process) endOldest(ctx context.Context, serving int) {
	if p.opts.OldWorkers <= 0 {
		return
	}
	procs, err := p.master.Processes(ctx)
	if err != nil {
		p.opts.Log.Warn("Old workers are not counted", "error", err)
		return
	}
	old := oldOf(procs, serving)
	for _, w := range old[:max(0, len(old)-p.opts.OldWorkers)] {
		p.opts.Log.Warn("An old worker is ended: there are too many", "worker", w.PID)
		_ = syscall.Kill(w.PID, syscall.SIGKILL) // it may have ended just now
	}
}

// runs reports whether there is such a process that has not ended. One that nobody has waited for yet has.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	_, state, _ := bytes.Cut(stat[max(0, bytes.LastIndexByte(stat, ')')):], []byte(" ")) // proc(5): behind the name in parentheses
	return len(state) > 0 && state[0] != 'Z' && state[0] != 'X'
}
