package behaviour

import (
	"strings"
	"testing"
)

// TestEndpointsDoNotWaitForAReload: a change that needs a reload has to wait for its time, new endpoints beside it do not.
func TestEndpointsDoNotWaitForAReload(t *testing.T) {
	t.Parallel()
	one, two := Echo(t, "one"), Echo(t, "two")
	web := Ingress("web", "web.test", "app", nil)
	s := Start(t, web+Backend("app", one), "http://web.test/", "--reload-interval", "10m")
	s.Write(web + Backend("app", two) + Ingress("rx", "rx.test", "app", []string{`use-regex: "true"`}, "/x[0-9]"))
	s.Await(func() bool {
		_, body := fetch(t, s.Client(), "http://web.test/")
		return strings.Contains(string(body), "two")
	})
	if n := strings.Count(s.Log(), "Configuration is live"); n != 1 {
		t.Errorf("%d configurations were loaded; the second has to wait:\n%s", n, s.Log())
	}
	if status := s.Status("http://rx.test/x1"); status != 404 {
		t.Errorf("the new route answers %d before the reload", status)
	}
}
