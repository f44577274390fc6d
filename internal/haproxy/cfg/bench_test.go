package cfg

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRender builds and writes 10,000 backends with three servers each.
func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		var f File
		for i := range 10_000 {
			s := Section{Header: L("backend", Name(fmt.Sprintf("shop-web-%d", i)))}
			s.Add(L("timeout server", Millis(time.Minute)),
				L("http-request set-header", HeaderName("X-Real-IP"), Header(Print(Fetch("src")))).If(Match(Fetch("req.hdr", "host"), Exact, "a.example", "b.example")))
			for j := range 3 {
				s.Add(L("server", Name(fmt.Sprintf("s%d", j)), Word("10.0.0.1:8080"), Kw("check"), Opt("inter", Millis(time.Second))))
			}
			f.Sections = append(f.Sections, s)
		}
		if _, _, err := f.Render(); err != nil {
			b.Fatal(err)
		}
	}
}
