package metrics

import (
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// TestARouteThatMovedHasOneFigure: a second one with the same labels would make the whole scrape fail.
func TestARouteThatMovedHasOneFigure(t *testing.T) {
	moved := &traffic{owner: func(backend string) string {
		if backend == "spare-1" {
			return "a:i:app:80"
		}
		return backend
	}}
	got := moved.present([]runtime.Stat{
		{Kind: runtime.BackendStat, Proxy: "a:i:app:80", SessionsNow: 2},
		{Kind: runtime.BackendStat, Proxy: "spare-1", SessionsNow: 3, ActiveServers: 4},
		{Kind: runtime.ServerStat, Proxy: "spare-1", SessionsNow: 3},
		{Kind: runtime.FrontendStat, Proxy: "http", SessionsNow: 5},
	})
	if len(got) != 1 || got["a:i:app:80"] != (present{5, 4}) {
		t.Errorf("%+v", got)
	}
}
