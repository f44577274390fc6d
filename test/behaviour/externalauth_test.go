package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// judge is an authentication service that remembers what it was asked, and answers what the test says.
type judge struct {
	*httptest.Server
	mu     sync.Mutex // guards asked and answer
	asked  []*http.Request
	bodies []string
	answer http.HandlerFunc
}

func newJudge(t *testing.T) *judge {
	j := &judge{answer: func(http.ResponseWriter, *http.Request) {}}
	j.Server = httptest.NewServer(http.HandlerFunc(j.serve))
	t.Cleanup(j.Close)
	return j
}

func (j *judge) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	j.mu.Lock()
	j.asked, j.bodies = append(j.asked, r), append(j.bodies, string(body))
	answer := j.answer
	j.mu.Unlock()
	answer(w, r)
}

func (j *judge) says(answer http.HandlerFunc) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answer, j.asked, j.bodies = answer, nil, nil
}

// questions are those since the last says, with their bodies.
func (j *judge) questions() ([]*http.Request, []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.asked), slices.Clone(j.bodies)
}

func replies(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// inquire sends a request and tells the answer and what the backend saw, nil if it saw nothing.
func inquire(t *testing.T, s *Site, method, url, body string, header ...string) (*http.Response, *echo.Request) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	client := s.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := echo.Parse(text)
	if err != nil {
		return answer, nil
	}
	return answer, &seen
}

func TestServiceDecides(t *testing.T) {
	j := newJudge(t)
	auth := "auth-url: " + j.URL + "/check?u=$escaped_request_uri&p=$uri"
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("plain", "plain.test", "app", []string{auth, "auth-response-headers: X-Auth-User, Authorization"})+
		Ingress("signin", "signin.test", "app", []string{auth, "auth-signin: https://login.test/"})+
		Ingress("always", "always.test", "app", []string{auth, `auth-always-set-cookie: "true"`, "auth-method: POST", "auth-request-redirect: /back"}),
		"http://plain.test/")

	t.Run("lets in with what it says, and nothing that a client says in its place", func(t *testing.T) {
		j.says(replies(204, "X-Auth-User", "alice", "X-Auth-User", "too", "Set-Cookie", "a=1", "Set-Cookie", "b=2; Path=/"))
		answer, seen := inquire(t, s, "POST", "http://plain.test/x?q=1", "a body", "X-Auth-User", "root", "Authorization", "Bearer t", "X-Hawser-Service", "other", "X-Forwarded-Host", "evil")
		if answer.StatusCode != 200 || seen == nil || seen.Header("X-Auth-User") != "alice, too" || seen.Header("Authorization") != "" {
			t.Fatalf("%v %+v", answer.Status, seen)
		}
		if got := answer.Header["Set-Cookie"]; !slices.Equal(got, []string{"a=1", "b=2; Path=/"}) {
			t.Errorf("cookies %q", got)
		}
		questions, bodies := j.questions()
		if len(questions) != 1 || bodies[0] != "" {
			t.Fatalf("%d questions, bodies %q", len(questions), bodies)
		}
		q := questions[0]
		want := map[string]string{
			"X-Original-Url": "http://plain.test/x?q=1", "X-Original-Method": "POST", "X-Auth-Request-Redirect": "/x?q=1",
			"Authorization": "Bearer t", "X-Forwarded-Host": "", "X-Hawser-Service": "", "X-Sent-From": "nginx-ingress-controller",
		}
		for name, value := range want {
			if got := q.Header.Get(name); got != value {
				t.Errorf("%s is %q, wanted is %q", name, got, value)
			}
		}
		if q.Method != "GET" || q.RequestURI != "/check?u=%2Fx%3Fq%3D1&p=/x" || q.Host != "127.0.0.1" {
			t.Errorf("asked for %s %s of %s", q.Method, q.RequestURI, q.Host)
		}
	})
	t.Run("can't be asked another question by a path", func(t *testing.T) {
		j.says(replies(200))
		inquire(t, s, "GET", "http://plain.test/a%20HTTP/1.1%0d%0aX-Evil:%20yes%0d%0a%0d%0a", "")
		questions, _ := j.questions()
		if len(questions) != 1 || questions[0].Header.Get("X-Evil") != "" || !strings.HasSuffix(questions[0].RequestURI, "%0D%0A%0D%0A") {
			t.Errorf("asked %d, first %+v", len(questions), questions)
		}
	})
	t.Run("refuses", func(t *testing.T) {
		for _, c := range []struct{ host, says, want string }{
			{"plain", "401", "401"}, {"plain", "403", "403"}, {"plain", "302", "500"}, {"plain", "404", "500"}, {"plain", "503", "500"},
			{"signin", "401", "302"}, {"signin", "403", "403"}, {"always", "401", "401"}, {"always", "404", "500"},
		} {
			code := 0
			fmt.Sscan(c.says, &code)
			j.says(replies(code, "Set-Cookie", "a=1", "WWW-Authenticate", "Basic", "WWW-Authenticate", "Bearer", "Location", "/evil", "X-Auth-User", "alice"))
			answer, seen := inquire(t, s, "GET", "http://"+c.host+".test/p?q=1", "")
			if fmt.Sprint(answer.StatusCode) != c.want || seen != nil {
				t.Errorf("%s: %s becomes %s", c.host, c.says, answer.Status)
			}
			challenged := c.says == "401"
			if got := answer.Header["Www-Authenticate"]; challenged != slices.Equal(got, []string{"Basic", "Bearer"}) {
				t.Errorf("%s: %s with challenges %q", c.host, c.says, got)
			}
			cookie := c.host == "always" || c.want == "302"
			if got := answer.Header.Get("Set-Cookie"); cookie != (got == "a=1") {
				t.Errorf("%s: %s with cookie %q", c.host, c.says, got)
			}
			if c.want == "302" && answer.Header.Get("Location") != "https://login.test/?rd=http://signin.test%2Fp%3Fq%3D1" {
				t.Errorf("sent to %s", answer.Header.Get("Location"))
			}
		}
	})
	t.Run("is asked with the method and the URL of the annotations", func(t *testing.T) {
		j.says(replies(200))
		inquire(t, s, "GET", "http://always.test/p", "")
		questions, _ := j.questions()
		if q := questions[0]; q.Method != "POST" || q.Header.Get("X-Auth-Request-Redirect") != "/back" || q.Header.Get("X-Original-Uri") != "/p" || q.Header.Get("X-Scheme") != "http" {
			t.Errorf("asked %s with %v", q.Method, q.Header)
		}
	})
	t.Run("may answer with a body without end", func(t *testing.T) {
		j.says(func(w http.ResponseWriter, r *http.Request) {
			for chunk := make([]byte, 1<<16); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		start := time.Now()
		if answer, _ := inquire(t, s, "GET", "http://plain.test/", ""); answer.StatusCode != 200 || time.Since(start) > 5*time.Second {
			t.Errorf("%s after %v", answer.Status, time.Since(start))
		}
	})
	t.Run("may send eight cookies, no more", func(t *testing.T) {
		for n, want := range map[int]int{8: 200, 9: 500} {
			j.says(replies(200, slices.Repeat([]string{"Set-Cookie", "c=1"}, n)...))
			if answer, _ := inquire(t, s, "GET", "http://plain.test/", ""); answer.StatusCode != want || want == 200 && len(answer.Header["Set-Cookie"]) != n {
				t.Errorf("%d cookies: %s with %d", n, answer.Status, len(answer.Header["Set-Cookie"]))
			}
		}
	})
}
