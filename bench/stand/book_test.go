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

	b.Moving(1, 3, 4)()
	for generation, want := range []load.Verdict{0: load.Right, 3: load.Right, 4: load.Right, 5: load.Gone} {
		if generation == 1 || generation == 2 {
			want = load.Gone
		}
		expect(1, address(1, generation), now, want)
	}
	if g, next := b.Generation(1), b.NextGeneration(1); g != 3 || next != 5 {
		t.Error(g, next)
	}
	b.Moving(1, 7)()
	expect(1, address(1, 4), time.Now(), load.Right)
	expect(1, address(1, 4), time.Now().Add(Grace+time.Second), load.Gone)
	if next := b.NextGeneration(1); next != 1 {
		t.Error(next)
	}
	b.Forget(1)
	expect(1, address(1, 0), now, load.Right)
	expect(1, address(1, 4), now, load.Gone)
}
