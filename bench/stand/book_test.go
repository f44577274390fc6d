package stand

import (
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
)

func TestTheBookTellsStaleFromWrong(t *testing.T) {
	b := newBook()
	address := func(n, generation int) string { return gen.Endpoints(n, generation)[1].String() }
	now := time.Now()
	expect := func(n int, endpoint string, sent time.Time, want load.Verdict) {
		t.Helper()
		if got := b.Judge(gen.Host(n), endpoint, sent); got != want {
			t.Errorf("site %d, answered by %s: %v, not %v", n, endpoint, got, want)
		}
	}
	expect(1, address(1, 0), now, load.Right)
	expect(1, address(1, 1), now, load.Gone)
	expect(1, address(2, 0), now, load.Wrong)
	expect(1, "", now, load.Wrong)
	expect(1, "127.0.0.1", now, load.Wrong)

	moved := b.Moving(1, 3)
	expect(1, address(1, 0), now, load.Right) // while it is being written, both may answer
	expect(1, address(1, 3), now, load.Right)
	moved()
	now = time.Now()
	expect(1, address(1, 3), now, load.Right)
	expect(1, address(1, 0), now, load.Right)
	expect(1, address(1, 0), now.Add(Grace+time.Second), load.Gone)
	expect(1, address(1, 4), now, load.Gone)

	b.Borrow(7, 1)
	expect(7, address(7, 0), now, load.Wrong)
	expect(7, address(1, 3), now, load.Right)
	expect(7, address(1, 0), now.Add(Grace+time.Second), load.Gone)
	b.Borrow(8, 2)
	expect(8, address(2, 0), now, load.Right)
	expect(8, address(2, 1), now, load.Gone)

	b.Moving(1, 4)()
	expect(1, address(1, 0), now, load.Gone)
	b.Forget(1)
	expect(1, address(1, 0), now, load.Right)
	expect(1, address(1, 4), now, load.Gone)
}
