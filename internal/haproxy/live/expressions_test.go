package live_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestExpressionsOfOtherHostsAreNotTried: a request finds its host's expressions by one lookup, which names the first and
// the last of them. What all requests go through is the same for few hosts with expressions and for many.
func TestExpressionsOfOtherHostsAreNotTried(t *testing.T) {
	fleet := func(hosts int) string {
		var b strings.Builder
		for i := range hosts {
			host := fmt.Sprintf("h%d.test", i)
			b.WriteString(strings.NewReplacer("path: /,", "path: '/a[0-9]+',", "Prefix", "ImplementationSpecific").Replace(ingress(host, "use-regex", "true")))
			b.WriteString("      - {path: '/b[0-9]+', pathType: ImplementationSpecific, backend: {service: {name: app, port: {name: http}}}}\n")
		}
		return b.String()
	}
	s := offline(t)
	few, many := s.render(fleet(10)), s.render(fleet(500))
	if !bytes.Equal(few.Frame.Bytes, many.Frame.Bytes) {
		t.Errorf("what all hosts share is %d bytes with 10 hosts, %d with 500", len(few.Frame.Bytes), len(many.Frame.Bytes))
	}
	tried := map[int]string{} // number of an expression -> host
	for _, e := range many.Maps["maps/route.map"] {
		var first, last int
		if _, err := fmt.Sscanf(e.Value.String(), "x|%d:%d", &first, &last); err != nil {
			t.Fatalf("%s leads to %s: %v", e.Key, e.Value, err)
		}
		if last-first+1 != 2 {
			t.Errorf("%s tries the expressions %d to %d", e.Key, first, last)
		}
		for n := first; n <= last; n++ {
			if other := tried[n]; other != "" {
				t.Errorf("expression %d is tried for %s and for %s", n, other, e.Key)
			}
			tried[n] = e.Key.String()
		}
	}
	if len(tried) != 1000 {
		t.Errorf("%d expressions are tried, want 1000", len(tried))
	}
}
