package process

import (
	"fmt"
	"syscall"
)

// FDLimit is the number of files a process may open, RLIMIT_NOFILE.
type FDLimit struct {
	Soft, Hard uint64
}

// RaiseFDLimit raises the soft limit to the hard one, for this program and for the HAProxy it starts. Go has raised
// its own already, but gives the old one to its children unless it is set explicitly.
func RaiseFDLimit() (FDLimit, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return FDLimit{}, fmt.Errorf("read the limit of open files: %w", err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return FDLimit{}, fmt.Errorf("raise the limit of open files to %d: %w", l.Max, err)
	}
	return FDLimit{Soft: l.Cur, Hard: l.Max}, nil
}

// Load is what costs HAProxy file descriptors.
type Load struct {
	MaxConn   int // the global maxconn
	Listeners int // bind lines, sockets included
	Checks    int // servers with health checks
	Threads   int
	IdlePool  int // idle connections to servers, beyond those that a client's connection accounts for
}

// fdReserve covers standard streams, the master's sockets, maps and certificates while they are loaded, resolvers.
const fdReserve = 100

// fdsPerThread is the poller, its pipe for wake-ups and one for splicing.
const fdsPerThread = 4

// FDs is how many files such a HAProxy may have open at once. Workers of earlier configurations have limits of their
// own.
func (l Load) FDs() uint64 {
	n := 2*l.MaxConn + l.Listeners + l.Checks + l.Threads*fdsPerThread + l.IdlePool + fdReserve
	return uint64(max(0, n))
}

// MaxConnLimit is what MaxConn returns at most: HAProxy allocates a table of all files it may open, and a container's
// limit can be a thousand million.
const MaxConnLimit = 500_000

// MaxConn is the largest global maxconn that the limit allows beside the rest of the load, whose own MaxConn is not
// looked at; 0 when there is no room.
func MaxConn(limit uint64, rest Load) int {
	rest.MaxConn = 0
	fixed := rest.FDs()
	if limit <= fixed {
		return 0
	}
	return int(min((limit-fixed)/2, MaxConnLimit))
}
