package oracle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
)

// idHeader tells the upstream servers which request of the test they see; recordings don't show it.
const idHeader = "X-Echo-Id"

// controlPrefix is what the names of headers begin with that steer the upstream servers; recordings don't show them.
const controlPrefix = "x-echo-"

// A logbook files what the servers of one block saw by request.
type logbook struct {
	mu      sync.Mutex // guards the rest
	current string     // the request that sightings without idHeader belong to
	seen    map[string][]Sighting
}

func (l *logbook) begin(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = id
}

func (l *logbook) add(id string, s Sighting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == "" {
		id = l.current
	}
	if l.seen == nil {
		l.seen = map[string][]Sighting{}
	}
	l.seen[id] = append(l.seen[id], s)
}

func (l *logbook) count(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen[id])
}

// take returns what was seen for id, in order of arrival, but the auth service first and the mirror last, as recordings have it.
func (l *logbook) take(id string) []Sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.seen[id]
	delete(l.seen, id)
	slices.SortStableFunc(out, func(a, b Sighting) int { return cmp.Compare(place(a.Server), place(b.Server)) })
	return out
}

func place(server string) int {
	switch server {
	case "auth":
		return 0
	case "mirror":
		return 2
	default:
		return 1
	}
}

// shown drops what recordings leave out of a request's header: Host and the controls.
func shown(all map[string][]string) map[string][]string {
	out := map[string][]string{}
	for name, values := range all {
		low := strings.ToLower(name)
		if low == "host" || strings.HasPrefix(low, controlPrefix) {
			continue
		}
		out[name] = values
	}
	return out
}

func hashOf(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
