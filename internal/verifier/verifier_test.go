package verifier

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/hawser-ingress/hawser/internal/model"
)

func start(t *testing.T, lists ...*model.UserList) (*Server, func(line string) string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.sock")
	s, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]*model.UserList{}
	for _, l := range lists {
		set[l.ID] = l
	}
	s.Set(set)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, func(line string) string { return ask(t, path, line) }
}

func ask(t *testing.T, path, line string) string {
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, line); err != nil {
		t.Error(err)
	}
	answer, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSuffix(answer, "\n")
}

func (s *Server) question(l *model.UserList, header string) string {
	return fmt.Sprintf("%s %s %s\n", l.ID, l.Version(s.key), base64.StdEncoding.EncodeToString([]byte(header)))
}

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestAnswers(t *testing.T) {
	users := model.NewUserList("a/users:auth-file", []model.User{
		{Name: "alice", Hash: "{PLAIN}secret"}, {Name: "bob", Hash: "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM="},
		{Name: "alice", Hash: "{PLAIN}second"}, {Name: "odd", Hash: "secret"}, {Name: "empty", Hash: "{PLAIN}"}, {Name: "", Hash: "{PLAIN}x"},
	})
	s, ask := start(t, users)
	for _, c := range []struct{ header, want string }{
		{basic("alice:secret"), yes},
		{basic("bob:pw"), yes},
		{basic("empty:"), yes},
		{"bAsIc   " + strings.TrimRight(strings.TrimPrefix(basic("bob:pw"), "Basic "), "="), yes},
		{basic("alice:second"), no}, // the first of a name counts
		{basic("alice:secret:"), no},
		{basic("alice:"), no},
		{basic("Alice:secret"), no},
		{basic("odd:secret"), no},
		{basic("nobody:secret"), no},
		{basic(":x"), no},
		{basic("alice"), no},
		{"Basic ***", no},
		{"Basic", no},
		{"Bearer " + strings.TrimPrefix(basic("alice:secret"), "Basic "), no},
		{"", no},
	} {
		for range 2 { // the second answer is remembered
			if got := ask(s.question(users, c.header)); got != c.want {
				t.Errorf("%q is answered by %q, want %q", c.header, got, c.want)
			}
		}
	}
}

func TestOtherListsAndVersions(t *testing.T) {
	old := model.NewUserList("a/users", []model.User{{Name: "u", Hash: "{PLAIN}old"}})
	now := model.NewUserList("a/users", []model.User{{Name: "u", Hash: "{PLAIN}new"}})
	s, ask := start(t, old)
	if got := ask(s.question(old, basic("u:old"))); got != yes {
		t.Fatalf("the list is not used: %s", got)
	}
	s.Set(map[string]*model.UserList{now.ID: now})
	for _, c := range []struct {
		list         *model.UserList
		header, want string
	}{
		{old, basic("u:old"), no},   // a worker that does not know the new list yet
		{old, basic("u:new"), once}, // right, but not under the version of the question
		{now, basic("u:old"), no},
		{now, basic("u:new"), yes},
		{model.NewUserList("b/users", nil), basic("u:new"), fail},
	} {
		if got := ask(s.question(c.list, c.header)); got != c.want {
			t.Errorf("%s %s: %q is answered by %q, want %q", c.list.ID, c.list.Version(s.key), c.header, got, c.want)
		}
	}
}

func TestBadQuestions(t *testing.T) {
	_, ask := start(t, model.NewUserList("a", []model.User{{Name: "u", Hash: "{PLAIN}"}}))
	for _, line := range []string{"\n", "a\n", "a b\n", "a b c d\n", " \n", "a  \n"} {
		if got := ask(line); got != fail && got != no {
			t.Errorf("%q is answered by %q", line, got)
		}
	}
	if got := ask(strings.Repeat("x", maxQuestion+1)); got != "" {
		t.Errorf("a question without end is answered by %q", got)
	}
}

func TestSocketIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.sock")
	for range 2 { // the second one replaces the first
		s, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the socket has the mode %v: %v", info.Mode(), err)
		}
		s.listener.(*net.UnixListener).SetUnlinkOnClose(false)
		_ = s.listener.Close()
	}
}

// TestEqualQuestionsAreHashedOnce: many clients of one user that come at once, as after a restart, cost one hash.
func TestEqualQuestionsAreHashedOnce(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("pw"), 11)
	if err != nil {
		t.Fatal(err)
	}
	users := model.NewUserList("a", []model.User{{Name: "u", Hash: string(hash)}})
	s, ask := start(t, users)
	began := time.Now()
	if got := ask(s.question(users, basic("u:other"))); got != no {
		t.Fatal(got)
	}
	one := time.Since(began)
	began = time.Now()
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if got := ask(s.question(users, basic("u:pw"))); got != yes {
				t.Errorf("answered by %q", got)
			}
		})
	}
	group.Wait()
	if took := time.Since(began); took > 30*one {
		t.Errorf("100 equal questions took %v, one takes %v", took, one)
	}
	if len(s.memory.rights) != 1 || len(s.memory.wrongs) != 1 {
		t.Errorf("remembered are %d right and %d wrong answers, want 1 and 1", len(s.memory.rights), len(s.memory.wrongs))
	}
}

// TestBusy: more questions than can wait are refused at once.
func TestBusy(t *testing.T) {
	users := model.NewUserList("a", []model.User{{Name: "u", Hash: "{PLAIN}pw"}})
	s, ask := start(t, users)
	s.waiting.Store(maxWaiting)
	if got := ask(s.question(users, basic("u:pw"))); got != fail {
		t.Errorf("answered by %q, want %q", got, fail)
	}
	s.waiting.Store(0)
	if got := ask(s.question(users, basic("u:pw"))); got != yes {
		t.Errorf("answered by %q, want %q", got, yes)
	}
}

func FuzzAnswer(f *testing.F) {
	users := model.NewUserList("a", []model.User{{Name: "u", Hash: "{PLAIN}pw"}})
	s := &Server{memory: newMemory(), slots: make(chan struct{}, 1)}
	s.Set(map[string]*model.UserList{"a": users})
	right := s.question(users, basic("u:pw"))
	f.Add(right)
	f.Add("a x QmFzaWMgdTpwdw==\n")
	f.Fuzz(func(t *testing.T, line string) {
		answer := s.answer(context.Background(), line)
		if answer != yes && answer != once {
			return
		}
		words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		name, password, ok := credentials(words[len(words)-1])
		if !ok || name != "u" || password != "pw" || words[0] != "a" {
			t.Fatalf("%q is answered by %s", line, answer)
		}
	})
}
