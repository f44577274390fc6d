package echo

import (
	"net/http"
	"net/url"
	"testing"
)

func FuzzWish(f *testing.F) {
	f.Add("/a/status/404", "a=200,b=300", "200ms", "head", "12", "A: b")
	f.Add("/delay/2", "404", "a=2", "b=body", "a=", ":")
	f.Fuzz(func(t *testing.T, path, status, delay, closing, size, set string) {
		r := &http.Request{URL: &url.URL{Path: path}, Header: http.Header{
			"X-Echo-Status": {status}, "X-Echo-Delay": {delay}, "X-Echo-Close": {closing},
			"X-Echo-Body-Size": {size}, "X-Echo-Set-Header": {set},
		}}
		w, err := parseWish("a", r)
		if err != nil {
			return
		}
		if w.status < 200 || w.status > 999 {
			t.Errorf("status %d", w.status)
		}
		if w.delay < 0 || w.delay > maxDelay {
			t.Errorf("delay %s", w.delay)
		}
		if w.bodySize != nil && (*w.bodySize < 0 || *w.bodySize > maxBodySize) {
			t.Errorf("body size %d", *w.bodySize)
		}
		if w.cut != cutNone && w.cut != cutHead && w.cut != cutBody {
			t.Errorf("cut %q", w.cut)
		}
	})
}
