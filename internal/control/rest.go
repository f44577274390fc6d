package control

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// restTime is how long nothing has to happen before memory is given back.
const restTime = 2 * time.Second

// giveBack returns memory to the system that nothing needs any more, while the loop rests: the runtime would keep it for
// garbage that no longer comes. What a start leaves behind is as much as what stays.
func giveBack(rested time.Duration) {
	if rested < restTime {
		return
	}
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
