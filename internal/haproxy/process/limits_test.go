package process

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

func TestMaxConnFitsTheLimit(t *testing.T) {
	rest := Load{Listeners: 4, Checks: 100, Threads: 2}
	for _, limit := range []uint64{0, 100, 212, 213, 1024, 20000, 1 << 20, 1 << 30, 1<<64 - 1} {
		n := MaxConn(limit, rest)
		load := rest
		load.MaxConn = n
		if n > 0 && load.FDs() > limit {
			t.Errorf("limit %d: maxconn %d needs %d", limit, n, load.FDs())
		}
		load.MaxConn++
		if n < MaxConnLimit && load.FDs()+1 <= limit && limit > rest.FDs() {
			t.Errorf("limit %d: maxconn could be more than %d", limit, n)
		}
	}
}

// HAProxy knows what it may open; the estimate must not be below.
func TestLoadCoversWhatHAProxyReserves(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	run, err := p.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	info, err := run.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	load := Load{MaxConn: info.MaxConn, Listeners: 2, Threads: info.Threads}
	if info.MaxConn != 2000 || info.MaxSock == 0 || uint64(info.MaxSock) > load.FDs() {
		t.Errorf("maxconn %d, HAProxy reserves %d, estimate %d", info.MaxConn, info.MaxSock, load.FDs())
	}
}

func TestRaiseFDLimitReachesHAProxy(t *testing.T) {
	limit, err := RaiseFDLimit()
	if err != nil || limit.Soft != limit.Hard || limit.Soft == 0 {
		t.Fatalf("%+v, %v", limit, err)
	}
	f := newFixture(t)
	p := f.start(t)
	var got syscall.Rlimit
	if err := prlimit(p.State().Worker, &got); err != nil {
		t.Fatal(err)
	}
	if got.Max != limit.Hard {
		t.Errorf("HAProxy's hard limit is %d, want %d", got.Max, limit.Hard)
	}
}

func TestTooFewFilesIsAClearError(t *testing.T) {
	f := newFixture(t)
	f.opts.Binary = filepath.Join(f.dir, "limited")
	script := "#!/bin/sh\nulimit -n 100\nexec " + binary() + ` "$@"` + "\n"
	if err := os.WriteFile(f.opts.Binary, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	err := New(f.opts).Start(t.Context())
	if _, ok := errors.AsType[*ExitError](err); !ok || !strings.Contains(err.Error(), "FD limit") {
		t.Errorf("got %v", err)
	}
}

func prlimit(pid int, into *syscall.Rlimit) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_NOFILE, 0, uintptr(unsafe.Pointer(into)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
