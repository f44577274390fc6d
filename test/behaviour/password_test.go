package behaviour

import (
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func users(name, key, text string) string {
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + "}\nstringData:\n  " + key + ": '" + text + "'\n"
}

func login(pair string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

const askPassword = "auth-type: basic"

// reloads counts the configurations that were loaded.
func reloads(s *Site) int { return strings.Count(s.Log(), "Configuration is live") }

func TestPasswords(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+settings(`no-auth-locations: "/public,/health"`)+
		users("file", "auth", "alice:{PLAIN}secret-of-alice")+users("map", "bob", "{PLAIN}secret-of-bob")+
		Ingress("file", "file.test", "a", []string{askPassword, "auth-secret: file", `auth-realm: "The Realm"`}, "/", "/public", "/healthy", "/.well-known/acme-challenge")+
		Ingress("map", "map.test", "a", []string{askPassword, "auth-secret: default/map", "auth-secret-type: auth-map"})+
		Ingress("any", "any.test", "a", []string{askPassword, "auth-secret: file", "satisfy: any", `allowlist-source-range: "127.60.0.1"`}),
		"http://file.test/", "--configmap", "default/settings")
	expectAll(t, s, []expected{
		{"127.0.0.1", "http://file.test/", "", 401},
		{"127.0.0.1", "http://file.test/", login("alice:secret-of-alice"), 200},
		{"127.0.0.1", "http://file.test/", login("alice:secret-of-alice"), 200}, // remembered
		{"127.0.0.1", "http://file.test/", login("alice:secret-of-bob"), 401},
		{"127.0.0.1", "http://file.test/", login("bob:secret-of-bob"), 401}, // a user of another list
		{"127.0.0.1", "http://file.test/public/x", "", 200},
		{"127.0.0.1", "http://file.test/healthy", "", 200},
		{"127.0.0.1", "http://file.test/.well-known/acme-challenge/x", "", 401}, // the setting replaces the default
		{"127.0.0.1", "http://map.test/", login("bob:secret-of-bob"), 200},
		{"127.0.0.1", "http://map.test/", login("alice:secret-of-alice"), 401}, // remembered for the other list only
		{"127.0.0.1", "http://any.test/", "", 401},
		{"127.0.0.1", "http://any.test/", login("alice:wrong"), 401},
		{"127.0.0.1", "http://any.test/", login("alice:secret-of-alice"), 200},
		{"127.60.0.1", "http://any.test/", "", 200},
	})
	answer, _ := request(t, s.Client(), "http://file.test/")
	if got := answer.Header.Get("WWW-Authenticate"); got != `Basic realm="The Realm"` {
		t.Errorf("the challenge is %s", got)
	}
	for _, url := range []string{"http://file.test/", "http://any.test/"} {
		if _, seen := request(t, from(s, "127.60.0.1"), url, login("alice:secret-of-alice")); seen.Server != "a" || seen.Header("Authorization") != "" {
			t.Errorf("the backend of %s (%s) gets the password: %v", url, seen.Server, seen.Headers)
		}
	}
	nowhere(t, s, "secret-of-", base64.StdEncoding.EncodeToString([]byte("alice:secret-of-alice")))
}

// nowhere searches the log, and the files of HAProxy.
func nowhere(t *testing.T, s *Site, words ...string) {
	t.Helper()
	texts := map[string]string{"the log": s.Log()}
	state := filepath.Join(filepath.Dir(s.file), "state")
	err := filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		texts[path] = string(data)
		return err
	})
	if err != nil || len(texts) < 3 {
		t.Fatalf("the files of HAProxy are not found: %v", err)
	}
	for place, text := range texts {
		for _, word := range words {
			if strings.Contains(text, word) {
				t.Errorf("%s holds %q", place, word)
			}
		}
	}
}

// TestChangedUsers: who is no longer in the Secret is out at once, without a reload, though he was remembered.
func TestChangedUsers(t *testing.T) {
	base := Backend("a", Echo(t, "a")) + Ingress("a", "a.test", "a", []string{askPassword, "auth-secret: file"})
	s := Start(t, base+users("file", "auth", "alice:{PLAIN}old"), "http://a.test/")
	s.Await(func() bool { return reloads(s) > 0 })
	client := s.Client()
	if got := status(t, client, "http://a.test/", login("alice:old")); got != 200 {
		t.Fatalf("the first password is answered by %d", got)
	}
	before := reloads(s)
	s.Write(base + users("file", "auth", "alice:{PLAIN}new"))
	s.Await(func() bool { return status(t, client, "http://a.test/", login("alice:new")) == 200 })
	s.Await(func() bool { return status(t, client, "http://a.test/", login("alice:old")) == 401 })
	if now := reloads(s); now != before {
		t.Errorf("a changed Secret caused %d reloads:\n%s", now-before, s.Log())
	}
	s.Write(base + users("file", "auth", "alice:{PLAIN}old"))
	s.Await(func() bool { return status(t, client, "http://a.test/", login("alice:new")) == 401 })
	if got := status(t, client, "http://a.test/", login("alice:old")); got != 200 {
		t.Errorf("the first password, back again, is answered by %d", got)
	}
}

// TestVerifierIsGone: who can't be verified is not let in, and is not told that the password is wrong.
func TestVerifierIsGone(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+users("file", "auth", "alice:{PLAIN}a\n\n  bob:{PLAIN}b")+
		Ingress("a", "a.test", "a", []string{askPassword, "auth-secret: file"}), "http://a.test/")
	if got := status(t, s.Client(), "http://a.test/", login("alice:a")); got != 200 {
		t.Fatalf("the password is answered by %d", got)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(s.file), "state", "verify.sock")); err != nil {
		t.Fatal(err)
	}
	expectAll(t, s, []expected{
		{"127.0.0.1", "http://a.test/", login("alice:a"), 200}, // remembered
		{"127.0.0.1", "http://a.test/", login("bob:b"), 503},
		{"127.0.0.1", "http://a.test/", login("alice:wrong"), 503},
		{"127.0.0.1", "http://a.test/", "", 401},
	})
}

// TestGuessingSlowsNobody: hashes that take long are computed beside HAProxy, so other requests go on meanwhile.
func TestGuessingSlowsNobody(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), 12)
	if err != nil {
		t.Fatal(err)
	}
	s := Start(t, Backend("a", Echo(t, "a"))+users("file", "auth", "alice:"+string(hash))+Ingress("plain", "plain.test", "a", nil)+
		Ingress("a", "a.test", "a", []string{askPassword, "auth-secret: file"}), "http://plain.test/")
	done := make(chan struct{})
	var guessing sync.WaitGroup
	for worker := range 8 {
		client := s.Client()
		guessing.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if got := status(t, client, "http://a.test/", login("alice:"+strings.Repeat("x", 20*n+worker+1))); got != 401 {
					t.Errorf("a guess is answered by %d", got)
				}
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	var times []time.Duration
	client := s.Client()
	for range 100 {
		began := time.Now()
		if got := status(t, client, "http://plain.test/"); got != 200 {
			t.Errorf("another route is answered by %d", got)
		}
		times = append(times, time.Since(began))
		time.Sleep(5 * time.Millisecond)
	}
	close(done)
	guessing.Wait()
	slices.Sort(times)
	// A worker that computes such a hash itself answers nobody for a quarter of a second at a time.
	if slow := times[len(times)*3/4]; slow > 100*time.Millisecond {
		t.Errorf("a quarter of the requests of another route took %v and more while passwords were guessed", slow)
	}
}
