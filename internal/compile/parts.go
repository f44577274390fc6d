package compile

import (
	"cmp"
	"iter"
	"maps"
	"reflect"
	"slices"

	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Compiler compiles again and again. What follows from objects that stayed the same is taken from the time before, so a
// change costs what depends on it; the result is the same as that of Compile. It belongs to one goroutine.
//
// A model falls into parts: Ingresses that share a host, directly or through others. Apart from the settings and from
// names beside those of hosts (see claims) no part knows of another one.
type Compiler struct {
	registry *dialect.Registry
	snapshot *snapshot.Snapshot
	options  Options
	certs    *certs
	settings *settings
	streams  *part
	closed   bool                             // no port is in streams, as NoStreams asks for
	parts    map[types.NamespacedName]*part   // by their first Ingress
	readers  map[types.NamespacedName][]*part // of parts with Ingresses: which have looked up a name
	rest     defaultService
	restPart *part              // its endpoints; nil: the flag is not given
	catchAll *part              // without an Ingress: what the default backend serves
	order    [][]*netv1.Ingress // the parts of the snapshot
	unknown  bool               // one of them serves unknown hosts
	hosts    []*model.Host      // of all parts, by name
	backends map[model.BackendID][]*model.Backend
	claims   claims

	model  *model.Model
	issues issue.List
}

// New returns a compiler that knows nothing yet.
func New() *Compiler { return &Compiler{registry: Registry(), certs: &certs{}} }

// settings are what holds for every part.
type settings struct {
	global model.Global
	pass   *dialect.Pass
	reads  *snapshot.Reads
	issues issue.List
}

// part is what Ingresses that share hosts come to. It is not written once it is made, but for stale.
type part struct {
	ingresses []*netv1.Ingress // the oldest first
	stale     bool             // what it has looked up is something else by now
	reads     *snapshot.Reads
	hosts     []*model.Host    // by name
	shard     *model.Shard     // of hosts
	backends  []*model.Backend // by ID
	streams   []*model.Stream
	issues    issue.List
}

// Compile returns a complete model for every input; the issues say what is not served as written. Hosts, routes and
// backends of earlier results may be in it; nobody writes them.
func (c *Compiler) Compile(s *snapshot.Snapshot, o Options) (*model.Model, issue.List) {
	rest := defaultServiceOf(s)
	if c.snapshot == nil || s.Settings != c.snapshot.Settings || !c.options.same(o) || !c.settings.reads.In(s) || rest != c.rest {
		c.rest = rest
		c.options = o
		c.options.Refused = maps.Clone(o.Refused)
		c.forget(s)
	}
	c.options.NoStreams = o.NoStreams
	var ask []*part // that may find something else by now
	if c.order != nil {
		ask = c.askers(s.Changes(c.snapshot))
	}
	moved := c.order == nil || !sameList(c.snapshot.Ingresses, s.Ingresses)
	if moved {
		c.order, c.unknown = partition(s.Ingresses)
	}
	c.snapshot = s
	c.update(ask, moved)
	return c.model, c.issues
}

// same leaves out what is asked for by the part of streams alone.
func (o Options) same(other Options) bool {
	return o.DefaultCert == other.DefaultCert && o.LogFormat == other.LogFormat && maps.Equal(o.Refused, other.Refused)
}

// sameList compares the lists themselves first: snapshots share them.
func sameList(a, b []*netv1.Ingress) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// forget begins anew, with the settings of a snapshot.
func (c *Compiler) forget(s *snapshot.Snapshot) {
	w, reads := c.worker(s, nil)
	pass := w.compileSettings()
	c.settings = &settings{global: w.global, pass: pass, reads: reads, issues: w.found()}
	c.parts, c.catchAll, c.restPart, c.streams = map[types.NamespacedName]*part{}, nil, nil, nil
	c.model, c.order, c.claims = nil, nil, claims{}
	c.hosts, c.backends, c.readers = nil, map[model.BackendID][]*model.Backend{}, map[types.NamespacedName][]*part{}
}

func (c *Compiler) worker(s *snapshot.Snapshot, ingresses []*netv1.Ingress) (*compiler, *snapshot.Reads) {
	recorded, reads := s.Recorded(ingresses)
	w := &compiler{
		snapshot: recorded, options: c.options, registry: c.registry, known: c.certs, rest: c.rest,
		hosts: map[model.Hostname]*host{}, backends: map[model.BackendID]*model.Backend{},
	}
	if c.settings != nil {
		w.global = c.settings.global
	}
	return w, reads
}

// askers are the parts that have looked up one of the names.
func (c *Compiler) askers(names []types.NamespacedName) []*part {
	var out []*part
	known := map[*part]bool{}
	for _, name := range names {
		for _, p := range c.readers[name] {
			if !known[p] {
				known[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// update compiles the parts that changed, those of ask at most unless Ingresses came, went or moved, and puts all together.
func (c *Compiler) update(ask []*part, moved bool) {
	ch := changes{fresh: c.model == nil}
	for _, p := range ask {
		if !p.reads.In(c.snapshot) {
			p.stale = true
		}
	}
	if moved {
		c.rearrange(&ch)
	} else {
		for _, p := range ask {
			if p.stale {
				ch.gone = append(ch.gone, p)
				ch.come = append(ch.come, c.compilePart(p.ingresses).like(p))
			}
		}
	}
	for _, p := range ch.gone {
		c.unread(p)
	}
	for _, p := range ch.come {
		c.parts[p.first()] = p
		c.read(p)
	}
	ch.replace(&c.streams, c.streamsPart())
	ch.replace(&c.catchAll, c.catchAllPart())
	ch.replace(&c.restPart, c.defaultServicePart())
	if !ch.empty() {
		c.assemble(ch)
	}
}

// rearrange compiles the parts whose Ingresses are others, and those that are stale.
func (c *Compiler) rearrange(ch *changes) {
	stay := make(map[types.NamespacedName]bool, len(c.order))
	for _, ingresses := range c.order {
		first := nameOf(ingresses[0])
		old := c.parts[first]
		if old != nil && !old.stale && slices.Equal(old.ingresses, ingresses) {
			stay[first] = true
			continue
		}
		ch.come = append(ch.come, c.compilePart(ingresses).like(old))
	}
	for first, p := range c.parts {
		if !stay[first] {
			ch.gone = append(ch.gone, p)
			delete(c.parts, first)
		}
	}
}

// read notes what a part has looked up.
func (c *Compiler) read(p *part) {
	for name := range p.reads.Names() {
		if readers := c.readers[name]; len(readers) == 0 || readers[len(readers)-1] != p {
			c.readers[name] = append(readers, p)
		}
	}
}

func (c *Compiler) unread(p *part) {
	for name := range p.reads.Names() {
		if left := slices.DeleteFunc(c.readers[name], func(r *part) bool { return r == p }); len(left) > 0 {
			c.readers[name] = left
		} else {
			delete(c.readers, name)
		}
	}
}

func nameOf(ingress *netv1.Ingress) types.NamespacedName {
	return types.NamespacedName{Namespace: ingress.Namespace, Name: ingress.Name}
}

func (p *part) first() types.NamespacedName { return nameOf(p.ingresses[0]) }

// compilePart compiles Ingresses that share hosts.
func (c *Compiler) compilePart(ingresses []*netv1.Ingress) *part {
	w, reads := c.worker(c.snapshot, ingresses)
	for _, ingress := range ingresses {
		w.addIngress(ingress)
	}
	w.addDefaultService(w.hosts[""] != nil)
	return c.done(w, reads, ingresses)
}

// catchAllPart is nil unless the default backend serves unknown hosts and no Ingress does.
func (c *Compiler) catchAllPart() *part {
	if c.unknown || c.snapshot.Settings.DefaultBackend.Name == "" {
		return nil
	}
	if p := c.catchAll; p != nil && p.reads.In(c.snapshot) {
		return p
	}
	w, reads := c.worker(c.snapshot, nil)
	w.addDefaultService(true)
	return c.done(w, reads, nil)
}

// defaultServicePart has no hosts: what leads there is on those of all parts.
func (c *Compiler) defaultServicePart() *part {
	if c.snapshot.Settings.DefaultBackend.Name == "" {
		return nil
	}
	if p := c.restPart; p != nil && p.reads.In(c.snapshot) {
		return p
	}
	w, reads := c.worker(c.snapshot, nil)
	w.addDefaultEndpoints()
	return c.done(w, reads, nil).like(c.restPart)
}

func (c *Compiler) streamsPart() *part {
	if p := c.streams; p != nil && c.closed == c.options.NoStreams && p.reads.In(c.snapshot) {
		return p
	}
	c.closed = c.options.NoStreams
	w, reads := c.worker(c.snapshot, nil)
	w.addStreams()
	return c.done(w, reads, nil)
}

func (c *Compiler) done(w *compiler, reads *snapshot.Reads, ingresses []*netv1.Ingress) *part {
	p := &part{ingresses: ingresses, reads: reads, streams: w.streams}
	for _, h := range w.sortedHosts() {
		w.finishHost(h, c.settings.pass)
		p.hosts = append(p.hosts, h.Host)
	}
	p.shard = &model.Shard{Hosts: p.hosts}
	p.backends = slices.SortedFunc(maps.Values(w.backends), compareBackends)
	p.issues = w.found().Sorted()
	return p
}

// like takes over what is equal in an earlier part, so that whoever remembers it knows it again.
func (p *part) like(before *part) *part {
	if before == nil {
		return p
	}
	if reflect.DeepEqual(before.hosts, p.hosts) {
		p.hosts, p.shard = before.hosts, before.shard
	}
	for i, b := range p.backends {
		at, found := slices.BinarySearchFunc(before.backends, b, compareBackends)
		if found && reflect.DeepEqual(before.backends[at], b) {
			p.backends[i] = before.backends[at]
		}
	}
	return p
}

// partition puts Ingresses together that share a host, in the order of the first of each part; unknown tells whether any
// serves unknown hosts.
func partition(all []*netv1.Ingress) (parts [][]*netv1.Ingress, unknown bool) {
	parent := make([]int, len(all))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := make(map[model.Hostname]int, len(all))
	for i, ingress := range all {
		for name := range hostNames(ingress) {
			j, known := first[name]
			if !known {
				first[name] = i
				continue
			}
			a, b := root(i), root(j)
			parent[max(a, b)] = min(a, b)
		}
	}
	index := make([]int, len(all)) // of the part of a root
	for i := range all {
		r := root(i)
		if r == i {
			index[i] = len(parts)
			parts = append(parts, nil)
		}
		parts[index[r]] = append(parts[index[r]], all[i])
	}
	_, unknown = first[""]
	return parts, unknown
}

// hostNames yields the hosts that an Ingress contributes to. Its default backend serves those of its rules, or unknown
// hosts if no rule has a name.
func hostNames(ingress *netv1.Ingress) iter.Seq[model.Hostname] {
	return func(yield func(model.Hostname) bool) {
		named := false
		for i := range ingress.Spec.Rules {
			name, err := model.ParseHostname(ingress.Spec.Rules[i].Host)
			if err != nil {
				continue
			}
			named = named || name != ""
			if !yield(name) {
				return
			}
		}
		if !named && ingress.Spec.DefaultBackend != nil {
			yield("")
		}
	}
}

// changes are parts that came and went since the last model.
type changes struct {
	fresh      bool // there is no such model
	come, gone []*part
}

func (ch *changes) replace(old **part, next *part) {
	if *old == next {
		return
	}
	if *old != nil {
		ch.gone = append(ch.gone, *old)
	}
	if next != nil {
		ch.come = append(ch.come, next)
	}
	*old = next
}

func (ch *changes) empty() bool { return !ch.fresh && len(ch.come) == 0 && len(ch.gone) == 0 }

func compareHosts(a, b *model.Host) int { return cmp.Compare(a.Name, b.Name) }

func compareBackends(a, b *model.Backend) int { return a.ID.Compare(b.ID) }
