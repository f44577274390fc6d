package page

import (
	"strings"
	"testing"
)

func TestThePolicyAllowsWhatIsThereAndNothingElse(t *testing.T) {
	p := Policy("a{}", "alert(1)")
	for _, want := range []string{"default-src 'none'", "style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='", "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='", "base-uri 'none'"} {
		if !strings.Contains(p, want) {
			t.Errorf("%s lacks %s", p, want)
		}
	}
	if strings.Contains(p, "unsafe") || p == Policy("b{}", "alert(1)") || p == Policy("a{}", "alert(2)") {
		t.Error(p)
	}
	if s := Style(".own{}"); !strings.HasSuffix(string(s), ".own{}") || !strings.Contains(string(s), "prefers-color-scheme: dark") || strings.Contains(string(s), "url(") {
		t.Error("the style lacks something, or fetches something")
	}
}

func TestBar(t *testing.T) {
	parts := Bar([]Part{{Count: 1}, {Count: 0}, {Count: 3}})
	if parts[0].Width != "25.000" || parts[2].From != "25.000" || parts[2].Share != "75.0 %" || parts[1].Width != "0.000" {
		t.Errorf("%+v", parts)
	}
	if p := Bar([]Part{{}}); p[0].Width != "0" || p[0].Share != "–" {
		t.Errorf("%+v", p)
	}
}

func TestPercent(t *testing.T) {
	for want, n := range map[string][2]int{"100 %": {3, 3}, "0.0 %": {0, 3}, "99.9 %": {9999, 10000}, "33.3 %": {1, 3}, "–": {0, 0}} {
		if got := Percent(n[0], n[1]); got != want {
			t.Errorf("%v: %s, wanted %s", n, got, want)
		}
	}
}
