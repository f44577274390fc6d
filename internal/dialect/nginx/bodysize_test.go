package nginx

import "testing"

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "1": 1, "8m": 8 << 20, "8M": 8 << 20, "2k": 2048, "1g": 1 << 30} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%q gives %d, %v; wanted is %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "m", "5b", "1.5m", "-1", "1 m", "1t", "99999999999999999999", "9999999999999g"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q gives %d", in, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	f.Add("8m")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parseSize(s); err == nil && n < 0 {
			t.Errorf("%q gives %d", s, n)
		}
	})
}
