package control

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How long nothing has to change before memory is given back, and when that is looked at again while nothing does.
const (
	restTime  = 1500 * time.Millisecond
	restAgain = 30 * time.Second
)

// giveBack returns memory to the system that nothing needs any more, while the loop rests: the runtime would keep it for
// garbage that no longer comes. What a start leaves behind is as much as what stays.
func giveBack() {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	objects, free, live := samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()
	if worthwhile(objects, free, live) {
		debug.FreeOSMemory()
	}
}

// worthwhile reports whether a collection gives back a quarter of what stays: it looks at all that stays, so it has to be
// rare where little changes.
func worthwhile(objects, free, live uint64) bool {
	return objects+free > live+live/4
}
