package nginx

import (
	"fmt"
	"testing"
)

func TestParseLimitKey(t *testing.T) {
	for in, want := range map[string]string{
		"$binary_remote_addr":      "0 <nil>",
		"$remote_addr":             "0 <nil>",
		"$the_real_ip":             "0 <nil>",
		"$binary_remote_addr$host": "2 <nil>",
		"$http_x_api_key":          "1 <nil>",
		"all":                      "0 it has no variable, so that all clients would be one",
		"$nothing":                 "0 the variable $nothing is not known",
	} {
		key, err := parseLimitKey(in)
		if got := fmt.Sprint(len(key), " ", err); got != want {
			t.Errorf("parseLimitKey(%q) is %s, want %s", in, got, want)
		}
	}
}

// FuzzParseLimitKey: what is accepted differs from client to client.
func FuzzParseLimitKey(f *testing.F) {
	f.Add("$binary_remote_addr")
	f.Add("$http_x_api_key-$host")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := parseLimitKey(s)
		if _, constant := key.Constant(); err == nil && key != nil && constant {
			t.Fatalf("%q is the same for all clients", s)
		}
		if n, err := parseCount(s); err == nil && n < 0 {
			t.Fatalf("%q is the limit %d", s, n)
		}
	})
}
