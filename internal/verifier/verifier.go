// Package verifier answers HAProxy whether a name and a password are those of a user.
//
// It lets in only who a list names, and nobody when it is asked for a list that it doesn't have or can't answer in
// time. It computes few hashes at once, so that guessing passwords leaves the processors to traffic. Neither its
// answers nor its errors hold a name, a hash or a password.
package verifier

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-ingress/hawser/internal/htpasswd"
	"github.com/hawser-ingress/hawser/internal/model"
)

// The answers. A worker remembers who was right under the version of the list that it asked about, so what was found in
// another version must not be remembered.
const (
	yes  = "yes"
	once = "once"
	no   = "no"
	fail = "fail"
)

// Limits of one question, and of all at the same time.
const (
	questionTime = 5 * time.Second
	answerTime   = 10 * time.Second
	maxQuestion  = 128 << 10 // a header of 64 KiB in base64
	maxWaiting   = 256       // questions that need a hash; more are answered with fail
)

// Server listens on a socket.
type Server struct {
	listener net.Listener
	key      []byte // of the versions of lists
	lists    atomic.Pointer[map[string]*list]
	memory   *memory
	slots    chan struct{} // one for each hash that is computed
	waiting  atomic.Int64
	work     sync.WaitGroup // the connections
}

type list struct {
	version string
	hashes  map[string]string // by name of the user
}

// Listen makes the socket, which only this user may connect to. A socket that was left there is replaced.
func Listen(path string) (*Server, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket of the verifier: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for questions about passwords: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the socket of the verifier: %w", err), l.Close())
	}
	s := &Server{listener: l, memory: newMemory(), key: make([]byte, 32), slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	_, _ = rand.Read(s.key) // never fails
	s.Set(nil)
	return s, nil
}

// Key is that of the versions of lists that questions name. It is another one in each process.
func (s *Server) Key() []byte { return s.key }

// Set replaces all lists. It may be called at any time.
func (s *Server) Set(lists map[string]*model.UserList) {
	next := make(map[string]*list, len(lists))
	for id, l := range lists {
		hashes := map[string]string{}
		for _, u := range l.Users() {
			if _, taken := hashes[u.Name]; !taken {
				hashes[u.Name] = u.Hash
			}
		}
		next[id] = &list{version: l.Version(s.key), hashes: hashes}
	}
	s.lists.Store(&next)
}

// Serve answers until ctx ends, and returns when every answer is given.
func (s *Server) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	defer s.work.Wait()
	for {
		conn, err := s.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (errors.Is(err, net.ErrClosed) || !temporary(ctx)):
			return fmt.Errorf("accept questions about passwords: %w", err)
		case err != nil:
			continue
		}
		s.work.Go(func() { s.converse(ctx, conn) })
	}
}

// temporary waits a moment after an error, such as too many open files; false if ctx ended.
func temporary(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

// converse answers the one question of a connection.
func (s *Server) converse(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(questionTime))
	line, err := bufio.NewReader(io.LimitReader(conn, maxQuestion)).ReadString('\n')
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answer := s.answer(ctx, line)
	_ = conn.SetDeadline(time.Now().Add(questionTime))
	_, _ = io.WriteString(conn, answer+"\n")
}

// answer takes "list version credentials", the latter being the Authorization header in base64.
func (s *Server) answer(ctx context.Context, line string) string {
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(words) != 3 {
		return fail
	}
	users := (*s.lists.Load())[words[0]]
	if users == nil {
		return fail
	}
	name, password, ok := credentials(words[2])
	if !ok {
		return no
	}
	hash, exists := users.hashes[name]
	if !exists {
		return no
	}
	right, err := s.right(ctx, hash, password)
	switch {
	case err != nil:
		return fail
	case !right:
		return no
	case users.version != words[1]:
		return once
	default:
		return yes
	}
}

var errBusy = errors.New("too many passwords are being verified")

// right compares, with a hash only if the question is new.
func (s *Server) right(ctx context.Context, hash, password string) (bool, error) {
	q := s.memory.question(hash, password)
	if right, known := s.memory.recall(q); known {
		return right, nil
	}
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return false, errBusy
	}
	defer s.waiting.Add(-1)
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-s.slots }()
	if right, known := s.memory.recall(q); known {
		return right, nil // somebody else asked the same meanwhile
	}
	right := htpasswd.Matches(hash, password)
	s.memory.keep(q, right)
	return right, nil
}
