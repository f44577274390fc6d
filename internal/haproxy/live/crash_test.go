package live_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/live"
)

// TestACrashKeepsWhatChangedAtRunTime: a worker that is started anew reads what was live, and can be changed further.
func TestACrashKeepsWhatChangedAtRunTime(t *testing.T) {
	guarded := func(networks string) string {
		return ingress("own.test", "whitelist-source-range", networks) + secured("tls.test", "one") + secret("one", "one.test,tls.test,more.test")
	}
	s := start(t, guarded("127.0.0.1"))
	before := guarded("127.0.0.2") + ingress("new.test") + // in a spare backend, as the next one, with a list of its own
		ingress("closed.test", "whitelist-source-range", "127.0.0.3") +
		secured("more.test", "one") + secured("two.test", "two") + secret("two", "two.test")
	s.change(before)
	present := func() {
		t.Helper()
		s.want(200, "new.test", "127.0.0.1")
		s.want(200, "closed.test", "127.0.0.3")
		s.want(403, "closed.test", "127.0.0.1")
		s.wantCertificate("more.test", "one.test")
		s.wantCertificate("two.test", "two.test")
		s.wantCertificate("none.test", "")
	}
	present()

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
	present()
	if plan := s.worker.Plan(s.render(before)); !plan.Empty() {
		t.Errorf("the worker is not taken for what it is: %v %v", plan.Reasons, plan.Commands)
	}
	s.change(guarded("127.0.0.3") + ingress("newer.test"))
	s.want(200, "own.test", "127.0.0.3")
	s.want(200, "newer.test", "127.0.0.1")
	s.want(404, "new.test", "127.0.0.1")
	s.wantCertificate("two.test", "")
	s.wantCertificate("tls.test", "one.test")
}
