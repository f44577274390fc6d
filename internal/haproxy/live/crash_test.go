package live_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/live"
)

// TestACrashKeepsWhatChangedAtRunTime: a worker that is started anew reads what was live, and can be changed further.
func TestACrashKeepsWhatChangedAtRunTime(t *testing.T) {
	guarded := func(networks string) string { return ingress("own.test", "whitelist-source-range", networks) }
	s := start(t, guarded("127.0.0.1"))
	before := guarded("127.0.0.2") + ingress("new.test")
	s.change(before) // the new route is in a spare backend
	s.want(200, "new.test", "127.0.0.1")

	crashed := s.process.State()
	if err := syscall.Kill(crashed.Worker, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); s.process.State().Restarts == crashed.Restarts || !s.process.State().Up; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("HAProxy does not come back")
		}
	}
	s.worker = live.Loaded(s.worker.Bundle(), s.can)
	s.want(403, "own.test", "127.0.0.1")
	s.want(200, "own.test", "127.0.0.2")
	s.want(200, "new.test", "127.0.0.1")
	if plan := s.worker.Plan(s.render(before)); !plan.Empty() {
		t.Errorf("the worker is not taken for what it is: %v %v", plan.Reasons, plan.Commands)
	}
	s.change(guarded("127.0.0.3") + ingress("newer.test"))
	s.want(200, "own.test", "127.0.0.3")
	s.want(200, "newer.test", "127.0.0.1")
	s.want(404, "new.test", "127.0.0.1")
}
