package dir

import (
	"io/fs"
	"syscall"
	"time"
)

// How long after a change a second one may leave the same times behind. Some file systems keep seconds; one that keeps
// parts of a millisecond takes them from a clock that moves every few, and that of a server may be behind.
const (
	unsettled     = 2 * time.Second
	unsettledFine = 500 * time.Millisecond
)

// inode names a file of this machine, whatever its path.
type inode struct{ dev, ino uint64 }

func inodeOf(info fs.FileInfo) inode {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return inode{uint64(st.Dev), uint64(st.Ino)}
	}
	return inode{}
}

// stamp tells versions of a file apart without reading it.
type stamp struct {
	inode   inode
	size    int64
	written int64 // nanoseconds since 1970, which take a third of the room of a time.Time
	changed int64 // also moves when the write time is set back
	mode    fs.FileMode
	names   bool // has several names (hard links), or may have
}

func stampOf(info fs.FileInfo) stamp {
	st, ok := info.Sys().(*syscall.Stat_t)
	return stamp{
		inode: inodeOf(info), size: info.Size(), mode: info.Mode(), names: !ok || st.Nlink > 1,
		written: info.ModTime().UnixNano(), changed: changeTime(info).UnixNano(),
	}
}

// settled reports whether a later change must show in the stamp of a file that is looked at now.
func (s stamp) settled(now time.Time) bool {
	wait := unsettled
	if s.changed%int64(time.Millisecond) != 0 { // no program can set it
		wait = unsettledFine
	}
	return now.Sub(time.Unix(0, s.written)).Abs() >= wait && now.Sub(time.Unix(0, s.changed)).Abs() >= wait
}
