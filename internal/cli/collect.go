package cli

import "runtime/debug"

// How much garbage there may be, in percent of what is in use. A change makes little of it, so memory that is twice as much
// as needed (Go's default) would only wait. While objects are read for the first time, little is in use and much is made, so
// it would be collected every few milliseconds.
const (
	collectAt        = 50
	collectAtReading = 200
)

// collect sets when garbage is collected, unless the environment does.
type collect struct{ on bool }

func (c collect) reading() { c.set(collectAtReading) }

func (c collect) loaded() { c.set(collectAt) }

func (c collect) set(percent int) {
	if c.on {
		debug.SetGCPercent(percent)
	}
}
