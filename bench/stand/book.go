package stand

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
)

// Grace is how long after a change the endpoints of before may still be asked: an answer is stale if its request was
// sent later.
const Grace = 500 * time.Millisecond

// Book knows which endpoints serve a site, now and before. Its methods may be called from any goroutine.
type Book struct {
	mu    sync.Mutex // guards sites
	sites map[string]*entry
}

// entry is a site that is not as the generator makes it.
type entry struct {
	service     int // the site whose Service it has
	now, before int // generations
	coming      int // the generation that is being written, or was
	changed     time.Time
	moved       bool // before means something
}

func newBook() *Book { return &Book{sites: map[string]*entry{}} }

func (b *Book) entry(n int) *entry {
	host := gen.Host(n)
	if b.sites[host] == nil {
		b.sites[host] = &entry{service: n}
	}
	return b.sites[host]
}

// Borrow notes that site n has the Service of another one.
func (b *Book) Borrow(n, service int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entry(n).service = service
}

// Moving is called before the endpoints of site n are replaced, and returns what is called after.
func (b *Book) Moving(n, generation int) (moved func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entry(n)
	e.coming = generation
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		e.before, e.now, e.changed, e.moved = e.now, generation, time.Now(), true
	}
}

// Generation is that of site n now.
func (b *Book) Generation(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.sites[gen.Host(n)]; e != nil {
		return e.now
	}
	return 0
}

// NextGeneration is one that site n did not have just now. It is never that of new sites.
func (b *Book) NextGeneration(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.sites[gen.Host(n)]; e != nil && e.coming > 0 {
		return e.coming%(gen.Generations-1) + 1
	}
	return 1
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
	case e == nil && generation == 0:
		return load.Right
	case e == nil:
		return load.Gone
	case generation == e.now || generation == e.coming:
		return load.Right
	case e.moved && generation == e.before && sent.Before(e.changed.Add(Grace)):
		return load.Right
	default:
		return load.Gone
	}
}
