package dir

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime is the time of the last change of content or attributes, which no program can set.
func changeTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
