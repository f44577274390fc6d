package stand

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
)

// Grace is how long after a change the endpoints of before may still be asked: an answer is stale if its request was
// sent later.
const Grace = 2 * time.Second

// Book knows which endpoints serve a site, now and before. Its methods may be called from any goroutine.
type Book struct {
	mu    sync.Mutex // guards sites
	sites map[string]*entry
}

// entry is a site that is not as the generator makes it.
type entry struct {
	service int               // the site whose Service it has
	now     []int             // generations that serve, the first of them that of the first endpoint
	until   map[int]time.Time // generations that served, and until when a request may have been sent to them
	last    int               // the generation that came last
}

func newBook() *Book { return &Book{sites: map[string]*entry{}} }

func (b *Book) entry(n int) *entry {
	host := gen.Host(n)
	if b.sites[host] == nil {
		b.sites[host] = &entry{service: n, now: []int{0}, until: map[int]time.Time{}}
	}
	return b.sites[host]
}

// Borrow notes that site n has the Service of another one.
func (b *Book) Borrow(n, service int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entry(n).service = service
}

// Moving is called before the endpoints of site n are replaced by those of generations, and returns what is called after.
// In between, those of before and those of after may answer.
func (b *Book) Moving(n int, generations ...int) (moved func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entry(n)
	before := e.now
	e.now = append(generations, before...)
	e.last = generations[len(generations)-1]
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		e.now = generations
		for _, g := range before {
			e.until[g] = time.Now().Add(Grace)
		}
	}
}

// Generation is that of the first endpoint of site n.
func (b *Book) Generation(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.sites[gen.Host(n)]; e != nil {
		return e.now[0]
	}
	return 0
}

// NextGeneration is one that serves site n neither now nor lately. It is never that of new sites.
func (b *Book) NextGeneration(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.sites[gen.Host(n)]
	if e == nil {
		return 1
	}
	next := e.last
	for range gen.Generations {
		if next = next%(gen.Generations-1) + 1; !slices.Contains(e.now, next) {
			break
		}
	}
	return next
}

// Forget is called when site n is made anew.
func (b *Book) Forget(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sites, gen.Host(n))
}

// Judge is for the load generator.
func (b *Book) Judge(host, endpoint string, sent time.Time) load.Verdict {
	address, err := netip.ParseAddr(endpoint)
	if err != nil {
		return load.Wrong
	}
	site, generation, ok := gen.Site(address)
	if !ok {
		return load.Wrong
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.sites[host]; e != nil && e.service != site || e == nil && gen.Host(site) != host {
		return load.Wrong
	}
	e := b.sites[gen.Host(site)] // a Service that is borrowed moves with its owner
	switch {
	case e == nil && generation == 0, e != nil && slices.Contains(e.now, generation), e != nil && sent.Before(e.until[generation]):
		return load.Right
	default:
		return load.Gone
	}
}
