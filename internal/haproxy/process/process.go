package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// Paths are the places that the configuration, the command line and the clients share. Sockets have paths of
// at most 97 bytes.
type Paths struct {
	Config  string // what "-f" reads
	Runtime string // the "stats socket" of the configuration
	Master  string // the master's socket
}

// maxSocketPath is what Linux allows less what HAProxy appends while it binds: a dot, the process id and ".tmp".
const maxSocketPath = 97

func (p Paths) check() error {
	for _, s := range []string{p.Runtime, p.Master} {
		if len(s) > maxSocketPath {
			return fmt.Errorf("path of a socket is longer than %d bytes: %s", maxSocketPath, s)
		}
	}
	return nil
}

// Options configure a Process. Binary and Paths are needed, the rest has defaults.
type Options struct {
	Binary string
	Paths  Paths

	AccessLog io.Writer    // whole lines of HAProxy's standard output; nil: dropped
	Log       *slog.Logger // HAProxy's alerts, warnings and notices; nil: dropped

	// OnEvent is told of every start, crash and failed restart, by the goroutine that supervises HAProxy; it must not
	// call Stop or Reload. A worker started after a crash has the files' state: what was changed at run time since
	// they were written is gone.
	OnEvent func(Event)

	// BeforeRestart brings the files up to date for a start after a crash; an error is one of the start. nil: they are.
	BeforeRestart func() error

	OldWorkers int // how many workers of earlier configurations may serve connections after a reload; 0: any number

	BufSize int // tune.bufsize of the configuration; 0: HAProxy's default

	StartTimeout time.Duration // until a worker must answer; 0: 60 s
	MinBackoff   time.Duration // before the second restart in a row, then doubled; 0: 200 ms
	MaxBackoff   time.Duration // 0: 30 s
	StableAfter  time.Duration // a run this long ends a row of restarts; 0: 30 s
}

func (o *Options) setDefaults() {
	if o.AccessLog == nil {
		o.AccessLog = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.BeforeRestart == nil {
		o.BeforeRestart = func() error { return nil }
	}
	for d, fallback := range map[*time.Duration]time.Duration{
		&o.StartTimeout: time.Minute, &o.MinBackoff: 200 * time.Millisecond,
		&o.MaxBackoff: 30 * time.Second, &o.StableAfter: 30 * time.Second,
	} {
		if *d <= 0 {
			*d = fallback
		}
	}
}

// Event is something that happened to HAProxy without being asked for, or the start that repaired it.
type Event struct {
	Kind     EventKind
	Err      error         // of Died and RestartFailed
	Worker   int           // of Started: the process that answers now
	Restarts int           // since Start
	Delay    time.Duration // of Died and RestartFailed: until the next attempt
}

// EventKind tells events apart.
type EventKind string

const (
	Started       EventKind = "started"
	Died          EventKind = "died"
	RestartFailed EventKind = "restart-failed"
)

// State is a snapshot for metrics and health checks.
type State struct {
	Up       bool
	Master   int // process ids; 0 when down
	Worker   int
	Restarts int
	Since    time.Time // of the last change of Up
}

// Errors of a Process; see also *RefusedError, *ExitError and *BindError.
var (
	ErrDown    = errors.New("HAProxy is not running")
	ErrStopped = errors.New("HAProxy was stopped")
	ErrCut     = errors.New("connections were cut before they had ended")
)

// Process is a supervised HAProxy.
type Process struct {
	opts   Options
	master *runtime.Master

	reloading sync.Mutex // one Reload at a time

	mu     sync.Mutex // guards the fields below, written by the supervising goroutine and Reload
	state  State
	child  *child
	output *output

	kick     chan struct{} // ends a back-off early
	stopping chan struct{}
	stopOnce sync.Once
	done     chan struct{}
}

// New returns a Process that isn't started.
func New(opts Options) *Process {
	opts.setDefaults()
	return &Process{
		opts: opts, master: runtime.NewMaster(opts.Paths.Master),
		kick: make(chan struct{}, 1), stopping: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start brings HAProxy up and returns when its worker answers. It fails with a *BindError for each of the addresses
// that are taken, tried before HAProxy is: HAProxy would share a port with another HAProxy without a word. After an
// error nothing runs, and Start may be called again. No other method may be called before it has returned; the context
// ends a start that takes too long.
func (p *Process) Start(ctx context.Context, listen ...netip.AddrPort) error {
	if err := p.opts.Paths.check(); err != nil {
		return err
	}
	if err := CheckPorts(ctx, listen...); err != nil {
		return err
	}
	if _, err := RaiseFDLimit(); err != nil {
		return err
	}
	out, err := openOutput(p.opts.AccessLog, p.opts.Log)
	if err != nil {
		return err
	}
	p.output = out
	c, err := p.launch(ctx)
	if err != nil {
		out.close()
		p.output = nil
		return err
	}
	go p.supervise(c)
	return nil
}

// Done is closed when HAProxy has ended for good: after Stop, never after a crash.
func (p *Process) Done() <-chan struct{} { return p.done }

// State returns how HAProxy is.
func (p *Process) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Runtime returns a client of the worker that runs now; ErrDown when there is none. Ask for it anew after each Reload
// or event: a client that waits for a worker that is gone fails.
func (p *Process) Runtime() (*runtime.Client, error) {
	s := p.State()
	if !s.Up {
		return nil, ErrDown
	}
	return p.client().OnWorker(s.Worker), nil
}

func (p *Process) client() *runtime.Client {
	return runtime.New(runtime.Config{Socket: p.opts.Paths.Runtime, BufSize: p.opts.BufSize})
}

// Stop drains HAProxy: ports are closed at once, connections may end until ctx does. Then they are cut, which is
// ErrCut. Stop may be called more than once.
func (p *Process) Stop(ctx context.Context) error {
	p.stopOnce.Do(func() { close(p.stopping) })
	if p.output == nil {
		return nil
	}
	if c := p.current(); c != nil {
		if err := c.drain(ctx); err != nil {
			<-p.done
			return fmt.Errorf("stop HAProxy: %w", err)
		}
	}
	<-p.done
	return nil
}

func (p *Process) current() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.child
}

func (p *Process) isStopping() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}
