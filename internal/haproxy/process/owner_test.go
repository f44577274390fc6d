package process

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownerEnv makes the test binary a program that owns a HAProxy and does nothing else.
const ownerEnv = "HAWSER_TEST_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		own(dir)
		return
	}
	os.Exit(m.Run())
}

func own(dir string) {
	p := New(Options{
		Binary: binary(),
		Paths:  Paths{Config: dir + "/haproxy.cfg", Runtime: dir + "/run.sock", Master: dir + "/master.sock"},
	})
	if err := p.Start(context.Background()); err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println(p.State().Master, p.State().Worker)
	<-p.Done()
}

func TestHAProxyEndsWithItsOwner(t *testing.T) {
	f := newFixture(t)
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), ownerEnv+"="+f.dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		var master, worker int
		if _, serr := fmt.Sscan(line, &master, &worker); err != nil || serr != nil {
			t.Fatalf("owner says %q: %v", line, err)
		}
		if err := f.get(fresh(), ""); err != nil {
			t.Error(err)
		}
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		for end := time.Now().Add(5 * time.Second); alive(master) || alive(worker); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				syscall.Kill(-master, syscall.SIGKILL)
				t.Fatalf("master alive: %t, worker alive: %t", alive(master), alive(worker))
			}
		}
		if err := CheckPorts(t.Context(), f.addr); err != nil {
			t.Error(err)
		}
	}
}

// The thread that started HAProxy must live on although the goroutine that called Start has ended.
func TestHAProxySurvivesTheThreadOfItsStart(t *testing.T) {
	f := newFixture(t)
	p := New(f.opts)
	started := make(chan error)
	go func() {
		// Without an unlock the thread ends with the goroutine.
		lockThread()
		started <- p.Start(t.Context(), f.addr)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	defer p.Stop(t.Context())
	time.Sleep(300 * time.Millisecond)
	if s := p.State(); !s.Up || s.Restarts != 0 {
		t.Errorf("state %+v", s)
	}
	if err := f.get(fresh(), ""); err != nil {
		t.Error(err)
	}
}

func TestAccessLogComesInWholeLines(t *testing.T) {
	f := newFixture(t)
	var torn []string
	f.opts.AccessLog = writerFunc(func(p []byte) (int, error) {
		if !strings.HasSuffix(string(p), "\n") {
			torn = append(torn, string(p))
		}
		return f.access.Write(p)
	})
	p := f.start(t)
	for range 50 {
		if err := f.get(fresh(), "?x=y"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.get(fresh(), "?after=reload"); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(f.access.String(), "GET /?x=y 200\n"); n != 50 || !strings.Contains(f.access.String(), "after=reload 200\n") {
		t.Errorf("%d lines:\n%s", n, f.access)
	}
	if len(torn) > 0 {
		t.Errorf("torn lines: %q", torn)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
