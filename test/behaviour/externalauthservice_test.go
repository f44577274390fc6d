package behaviour

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestServiceThatDoesNotAnswer: nobody gets in, and nobody else waits.
func TestServiceThatDoesNotAnswer(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	hung := newJudge(t)
	release := make(chan struct{})
	hung.says(func(http.ResponseWriter, *http.Request) { <-release })
	garbage := listenRaw(t, "SSH-2.0-OpenSSH\r\n\r\n")
	closes := listenRaw(t, "")
	app := Backend("app", Echo(t, "app"))
	s := Start(t, app+Ingress("open", "open.test", "app", nil)+
		Ingress("gone", "gone.test", "app", []string{"auth-url: http://" + gone.Addr().String()})+
		Ingress("garbage", "garbage.test", "app", []string{"auth-url: http://" + garbage})+
		Ingress("closes", "closes.test", "app", []string{"auth-url: http://" + closes})+
		Ingress("name", "name.test", "app", []string{"auth-url: http://nobody.invalid/"})+
		Ingress("host", "host.test", "app", []string{"auth-url: http://$host/"})+
		Ingress("cluster", "cluster.test", "app", []string{"auth-url: http://nobody.default.svc.cluster.local/"})+
		Ingress("tls", "tls.test", "app", []string{"auth-url: https://" + closes})+
		Ingress("hung", "hung.test", "app", []string{"auth-url: " + hung.URL}), "http://open.test/")
	for _, host := range []string{"gone", "garbage", "closes", "name", "host", "cluster", "tls"} {
		start := time.Now()
		if answer, seen := inquire(t, s, "GET", "http://"+host+".test/", ""); answer.StatusCode != 500 || seen != nil {
			t.Errorf("%s: %s", host, answer.Status)
		} else if took := time.Since(start); took > 8*time.Second {
			t.Errorf("%s: after %v", host, took)
		}
	}
	var waiting sync.WaitGroup
	for range 100 {
		waiting.Go(func() {
			if answer, _ := inquire(t, s, "GET", "http://hung.test/", ""); answer.StatusCode != 200 {
				t.Errorf("once the service answers: %s", answer.Status)
			}
		})
	}
	s.Await(func() bool { asked, _ := hung.questions(); return len(asked) == 100 })
	for range 50 {
		start := time.Now()
		if answer, _ := inquire(t, s, "GET", "http://open.test/", ""); answer.StatusCode != 200 || time.Since(start) > 3*time.Second {
			t.Fatalf("while others wait: %s after %v", answer.Status, time.Since(start))
		}
	}
	close(release)
	waiting.Wait()
}

// TestServiceThatHangs: what is asked ends with 500 in time.
func TestServiceThatHangs(t *testing.T) {
	hung := newJudge(t)
	release := make(chan struct{})
	defer close(release)
	hung.says(func(http.ResponseWriter, *http.Request) { <-release })
	s := Start(t, authSettings("proxy-read-timeout: \"1\"")+Backend("app", Echo(t, "app"))+Ingress("open", "open.test", "app", nil)+
		Ingress("hung", "hung.test", "app", []string{"auth-url: " + hung.URL}), "http://open.test/", "--configmap", "default/settings")
	start := time.Now()
	answer, _ := inquire(t, s, "GET", "http://hung.test/", "")
	if took := time.Since(start); answer.StatusCode != 500 || took < 900*time.Millisecond || took > 8*time.Second {
		t.Errorf("%s after %v", answer.Status, took)
	}
}

func authSettings(lines ...string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  " + strings.Join(lines, "\n  ") + "\n"
}

// TestSettingsAskForEveryRoute that has no question of its own and does not opt out.
func TestSettingsAskForEveryRoute(t *testing.T) {
	global, own := newJudge(t), newJudge(t)
	global.says(replies(401))
	own.says(replies(200))
	s := Start(t, authSettings("global-auth-url: "+global.URL+"/global", "global-auth-signin: https://login.test/", "global-auth-signin-redirect-param: back",
		"no-auth-locations: /public")+Backend("app", Echo(t, "app"))+
		Ingress("all", "all.test", "app", nil, "/", "/public")+
		Ingress("own", "own.test", "app", []string{"auth-url: " + own.URL})+
		Ingress("out", "out.test", "app", []string{`enable-global-auth: "false"`}), "http://out.test/", "--configmap", "default/settings")
	for url, want := range map[string]string{
		"http://all.test/x": "302 https://login.test/?back=http://all.test%2Fx", "http://all.test/public/x": "200 ", "http://own.test/": "200 ", "http://out.test/": "200 ",
	} {
		answer, _ := inquire(t, s, "GET", url, "")
		if got := fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location")); got != want {
			t.Errorf("%s is %s, wanted is %s", url, got, want)
		}
	}
}

// TestConnectionsToTheService: each question has its own, unless they are kept. TLS is not verified.
func TestConnectionsToTheService(t *testing.T) {
	count := func(t *testing.T, tls bool, annotations ...string) (connections int) {
		var mu sync.Mutex // guards connections
		service := httptest.NewUnstartedServer(replies(200))
		service.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if mu.Lock(); state == http.StateNew {
				connections++
			}
			mu.Unlock()
		}
		if tls {
			service.StartTLS()
		} else {
			service.Start()
		}
		defer service.Close()
		s := Start(t, Backend("app", Echo(t, "app"))+Ingress("open", "open.test", "app", nil)+
			Ingress("asked", "asked.test", "app", append(annotations, "auth-url: "+service.URL)), "http://open.test/")
		for range 20 {
			if answer, _ := inquire(t, s, "GET", "http://asked.test/", ""); answer.StatusCode != 200 {
				t.Fatal(answer.Status)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		return connections
	}
	if n := count(t, false); n != 20 {
		t.Errorf("20 questions on %d connections", n)
	}
	if n := count(t, true, `auth-keepalive: "10"`); n > 5 { // two threads may have some each
		t.Errorf("20 questions on %d connections, which are kept", n)
	}
	for _, none := range []string{`auth-keepalive-requests: "0"`, `auth-keepalive-timeout: "0"`} {
		if n := count(t, false, `auth-keepalive: "10"`, none); n != 20 {
			t.Errorf("%s: 20 questions on %d connections", none, n)
		}
	}
}

// TestServiceOfTheClusterIsAskedAtItsEndpoints also when they change, which needs no reload.
func TestServiceOfTheClusterIsAskedAtItsEndpoints(t *testing.T) {
	first, second := newJudge(t), newJudge(t)
	first.says(replies(200))
	second.says(replies(403))
	manifests := func(j *judge) string {
		return Backend("app", Echo(t, "app")) + Backend("judge", j.Listener.Addr().String()) +
			Ingress("asked", "asked.test", "app", []string{"auth-url: http://judge.default.svc.cluster.local/auth"})
	}
	s := Start(t, manifests(first), "http://asked.test/")
	if got := s.Status("http://asked.test/"); got != 200 {
		t.Fatal(got)
	}
	s.Write(manifests(second))
	s.Await(func() bool { return s.Status("http://asked.test/") == 403 })
}

// TestAnswersAreKept for requests with the same key, for a while, on every thread.
func TestAnswersAreKept(t *testing.T) {
	j := newJudge(t)
	s := Start(t, Backend("app", Echo(t, "app"))+Ingress("open", "open.test", "app", nil)+
		Ingress("kept", "kept.test", "app", []string{
			"auth-url: " + j.URL, "auth-cache-key: $http_x_key$http_x_other", "auth-cache-duration: 200 401 1s", "auth-response-headers: X-Auth-User",
		}, "/", "/other"), "http://open.test/")
	asked := func() int { questions, _ := j.questions(); return len(questions) }
	times := func(n int, url string, header ...string) (statuses []int) {
		for range n {
			answer, seen := inquire(t, s, "GET", url, "", header...)
			if seen != nil && seen.Header("X-Auth-User") != "alice %" {
				t.Errorf("the backend sees %q", seen.Header("X-Auth-User"))
			}
			statuses = append(statuses, answer.StatusCode)
		}
		return slices.Compact(statuses)
	}
	for _, c := range []struct {
		name  string
		says  http.HandlerFunc
		asked int
	}{
		{"let in", replies(200, "X-Auth-User", "alice %"), 1},
		{"not let in", replies(401, "WWW-Authenticate", "Basic"), 1},
		{"no time", replies(403), 6},
		{"a cookie", replies(200, "X-Auth-User", "alice %", "Set-Cookie", "a=1"), 6},
		{"no-store", replies(200, "X-Auth-User", "alice %", "Cache-Control", "no-store"), 6},
		{"a longer time", replies(403, "Cache-Control", "max-age=60"), 1},
		{"varies", replies(200, "X-Auth-User", "alice %", "Vary", "Cookie"), 6},
	} {
		j.says(c.says)
		if got := times(6, "http://kept.test/", "X-Key", c.name); len(got) != 1 || asked() != c.asked {
			t.Errorf("%s: %v after %d questions, wanted are %d", c.name, got, asked(), c.asked)
		}
	}
	j.says(replies(200, "X-Auth-User", "alice %"))
	times(1, "http://kept.test/", "X-Key", "ab", "X-Other", "c")
	times(1, "http://kept.test/", "X-Key", "a", "X-Other", "bc")
	times(1, "http://kept.test/other", "X-Key", "ab", "X-Other", "c")
	if asked() != 3 {
		t.Errorf("%d questions for two keys on one path and another path", asked())
	}
	s.Await(func() bool {
		before := asked()
		times(1, "http://kept.test/", "X-Key", "ab", "X-Other", "c")
		return asked() > before
	})
}

// TestQuestionsHaveTheMethodOfTheAnnotation: HAProxy passes all of them on, but CONNECT.
func TestQuestionsHaveTheMethodOfTheAnnotation(t *testing.T) {
	j := newJudge(t)
	manifests := Backend("app", Echo(t, "app"))
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
	for _, m := range methods {
		name := strings.ToLower(m)
		manifests += Ingress(name, name+".test", "app", []string{"auth-url: " + j.URL, "auth-method: " + m})
	}
	s := Start(t, manifests, "http://get.test/")
	for _, m := range methods {
		j.says(replies(200))
		answer, _ := inquire(t, s, "GET", "http://"+strings.ToLower(m)+".test/", "")
		questions, _ := j.questions()
		if m == "CONNECT" {
			if answer.StatusCode != 500 {
				t.Errorf("CONNECT: %s", answer.Status)
			}
			continue
		}
		if answer.StatusCode != 200 || len(questions) != 1 || questions[0].Method != m {
			t.Errorf("%s: %s after %d questions", m, answer.Status, len(questions))
		}
	}
}

// listenRaw answers every connection with a text and closes it.
func listenRaw(t *testing.T, text string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, text)
			c.Close()
		}
	}()
	return l.Addr().String()
}
