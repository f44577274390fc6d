package compare

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// Options are what a comparison needs besides the plan.
type Options struct {
	Left, Right Side
	Rate        float64 // requests per second to each side; 0: as fast as they come
	Concurrency int     // requests at the same time
	Timeout     time.Duration
	Retries     int      // more attempts for a request whose answers differ
	Mask        []string // headers whose values do not count
	Accepted    *Accepted
	Self        *tls.Certificate // the self-signed certificate
	Given       *tls.Certificate // the one of the command line; nil: none
	Progress    func(Progress)   // nil: nobody wants to know
	Proxy       bool             // connections begin with the PROXY protocol
	CertFile    string           // how commands name the given certificate
}

// Progress is how far a comparison is.
type Progress struct{ Done, Total, Different, Failed int }

// Run asks both sides for everything in the plan. When the context ends, the report says so and has what is known.
// The error is that a side can't be reached at all.
func Run(ctx context.Context, plan probe.Plan, o Options) (*Report, error) {
	if err := reachable(ctx, o); err != nil {
		return nil, err
	}
	r := &runner{options: o, plan: plan, results: make([]*Result, len(plan.Requests)), done: make([]bool, len(plan.Requests)), answers: map[string]int{}}
	for _, name := range o.Mask {
		r.masks.headers = append(r.masks.headers, strings.ToLower(name))
	}
	if o.Rate > 0 {
		r.pace = time.Duration(float64(time.Second) / o.Rate)
	}
	work := make(chan int)
	var workers sync.WaitGroup
	for range max(o.Concurrency, 1) {
		workers.Go(func() { r.work(ctx, work) })
	}
feed:
	for i := range plan.Requests {
		select {
		case work <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(work)
	workers.Wait()
	return r.report(), nil
}

// reachable connects to every address once.
func reachable(ctx context.Context, o Options) error {
	for _, side := range []Side{o.Left, o.Right} {
		for _, secure := range []bool{true, false} {
			if side.address(secure) == "" {
				continue
			}
			s := sender{side: side, timeout: o.Timeout, proxy: o.Proxy}
			_, err := s.connect(ctx, probe.Request{Secure: secure}, "")
			s.drop()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// runner shares out the work.
type runner struct {
	options Options
	plan    probe.Plan
	masks   masks
	pace    time.Duration

	mu       sync.Mutex // guards what follows
	next     time.Time  // of the next request
	progress Progress
	results  []*Result // nil: the same, or not asked
	done     []bool
	answers  map[string]int // of requests that are answered the same
}

func (r *runner) work(ctx context.Context, work <-chan int) {
	certs := map[probe.Client]*tls.Certificate{probe.Self: r.options.Self, probe.Given: r.options.Given}
	left := &sender{side: r.options.Left, timeout: r.options.Timeout, certs: certs, proxy: r.options.Proxy}
	right := &sender{side: r.options.Right, timeout: r.options.Timeout, certs: certs, proxy: r.options.Proxy}
	defer left.drop()
	defer right.drop()
	for i := range work {
		result, ok := r.compare(ctx, r.plan.Requests[i], left, right)
		if !ok {
			continue
		}
		r.mu.Lock()
		r.results[i], r.done[i] = result, true
		r.progress.Done++
		r.progress.Total = len(r.plan.Requests)
		if result != nil && result.Verdict != Failed {
			r.progress.Different++
		}
		if result != nil && result.Verdict == Failed {
			r.progress.Failed++
		}
		if r.options.Progress != nil {
			r.options.Progress(r.progress)
		}
		r.mu.Unlock()
	}
}

// compare asks both sides, again while the answers differ. nil: they are the same. ok is false when the run ended before.
func (r *runner) compare(ctx context.Context, q probe.Request, left, right *sender) (result *Result, ok bool) {
	var attempts []pair
	for range r.options.Retries + 1 {
		if len(attempts) > 0 {
			left.drop()
			right.drop()
		}
		a, errLeft := r.ask(ctx, q, left)
		b, errRight := r.ask(ctx, q, right)
		if ctx.Err() != nil {
			return nil, false
		}
		if errLeft != nil || errRight != nil {
			return r.result(q, &Result{Verdict: Failed, Error: firstError(errLeft, errRight).Error()}), true
		}
		l, o := r.masks.observe(q, a, b)
		attempts = append(attempts, pair{l, o})
		if len(attempts) == 1 && len(differing(l, o)) == 0 {
			r.count(l)
			return nil, true
		}
	}
	return r.result(q, &Result{Differences: settle(attempts)}), true
}

// count keeps which answers are the same: equal failures prove little.
func (r *runner) count(o observed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if status, ok := o["status"]; ok {
		r.answers[status]++
	} else {
		r.answers[o["outcome"]]++
	}
}

func (r *runner) result(q probe.Request, result *Result) *Result {
	result.Request = q
	result.Curl = [2]string{curl(q, r.options.Left, r.options), curl(q, r.options.Right, r.options)}
	return result
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// ask waits for its turn.
func (r *runner) ask(ctx context.Context, q probe.Request, s *sender) (answer, error) {
	if s.side.Name == r.options.Left.Name && r.pace > 0 { // the right side follows at the same pace
		r.mu.Lock()
		at := time.Now()
		if r.next.After(at) {
			at = r.next
		}
		r.next = at.Add(r.pace)
		r.mu.Unlock()
		select {
		case <-time.After(time.Until(at)):
		case <-ctx.Done():
			return answer{}, fmt.Errorf("wait for a turn: %w", ctx.Err())
		}
	}
	return s.send(ctx, q)
}

func (r *runner) report() *Report {
	out := &Report{
		Left: r.options.Left, Right: r.options.Right, Planned: len(r.plan.Requests), LeftOut: slices.Clone(r.plan.LeftOut),
		Requests: []Result{}, Unused: []Entry{}, Answers: r.answers,
	}
	if out.LeftOut == nil {
		out.LeftOut = []probe.LeftOut{}
	}
	for i, done := range r.done {
		switch {
		case !done:
			out.Interrupted = true
		case r.results[i] == nil:
			out.Same++
		default:
			result := r.results[i]
			if result.Verdict != Failed {
				r.options.Accepted.apply(result.Request, result.Differences)
				result.Verdict = result.verdict()
			}
			out.Requests = append(out.Requests, *result)
		}
	}
	out.summarise()
	if !out.Interrupted {
		out.Unused = r.options.Accepted.unused()
	}
	return out
}
