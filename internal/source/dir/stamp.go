package dir

import (
	"io/fs"
	"syscall"
	"time"
)

// unsettled is how long after a change a second one may leave the same times behind: some file systems keep seconds.
const unsettled = 2 * time.Second

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
	mode    fs.FileMode
	written time.Time
	changed time.Time // also moves when the write time is set back
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{inodeOf(info), info.Size(), info.Mode(), info.ModTime(), changeTime(info)}
}

// settled reports whether a later change must show in the stamp of a file that is looked at now.
func (s stamp) settled(now time.Time) bool {
	return now.Sub(s.written).Abs() >= unsettled && now.Sub(s.changed).Abs() >= unsettled
}
