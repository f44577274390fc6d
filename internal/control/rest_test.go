package control

import "testing"

func TestMemoryIsGivenBackWhenAQuarterWaits(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		objects, free, live uint64
		want                bool
	}{
		{100 * mib, 0, 100 * mib, false},
		{110 * mib, 10 * mib, 100 * mib, false},
		{130 * mib, 0, 100 * mib, true},
		{100 * mib, 30 * mib, 100 * mib, true},
	} {
		if got := worthwhile(c.objects, c.free, c.live); got != c.want {
			t.Errorf("%d MiB of objects, %d free, %d live: %t", c.objects/mib, c.free/mib, c.live/mib, got)
		}
	}
}
