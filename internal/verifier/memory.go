package verifier

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

// memory remembers answers by a digest of the question, under a key that is in this process alone. An answer depends on
// the hash and the password only, so it never gets old.
type memory struct {
	key [32]byte

	mu     sync.Mutex // guards the maps
	rights map[question]struct{}
	wrongs map[question]struct{}
}

type question [sha256.Size]byte

// What is wrong has a room of its own, so that guessing pushes out nobody who is right.
const (
	maxRights = 50_000
	maxWrongs = 10_000
)

func newMemory() *memory {
	m := &memory{rights: map[question]struct{}{}, wrongs: map[question]struct{}{}}
	_, _ = rand.Read(m.key[:]) // never fails
	return m
}

func (m *memory) question(hash, password string) (q question) {
	mac := hmac.New(sha256.New, m.key[:])
	digest := sha256.Sum256([]byte(hash)) // of one length, so that no other pair looks the same
	mac.Write(digest[:])
	mac.Write([]byte(password))
	mac.Sum(q[:0])
	return q
}

func (m *memory) recall(q question) (right, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.rights[q]; known {
		return true, true
	}
	_, known = m.wrongs[q]
	return false, known
}

func (m *memory) keep(q question, right bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	into, limit := m.wrongs, maxWrongs
	if right {
		into, limit = m.rights, maxRights
	}
	if len(into) >= limit {
		clear(into)
	}
	into[q] = struct{}{}
}
