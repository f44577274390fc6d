//go:build !linux

package dir

import (
	"io/fs"
	"time"
)

// changeTime is the write time where the system's own field has another name.
func changeTime(info fs.FileInfo) time.Time { return info.ModTime() }
