package dialect

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestParseNetworks(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "[]"},
		{"  ", "[]"},
		{"10.0.0.1", "[10.0.0.1/32]"},
		{"127.0.0.1/8", "[127.0.0.0/8]"},
		{" 10.0.0.0/8 , ::1 ,10.0.0.0/8", "[10.0.0.0/8 ::1/128]"},
		{"0.0.0.0/0", "[0.0.0.0/0]"},
		{"::ffff:10.1.2.3", "[10.1.2.3/32]"},
		{"::ffff:10.1.2.3/112", "[10.1.0.0/16]"},
		{"10.0.0.0/8,banana", `"banana" is neither an address nor a network`},
		{"10.0.0.0/8,", `"" is neither an address nor a network`},
		{"10.0.0.0/33", `"10.0.0.0/33" is neither an address nor a network`},
		{"fe80::1%eth0", `"fe80::1%eth0" is neither an address nor a network`},
		{"10.0.0.0/8;10.0.0.1", `"10.0.0.0/8;10.0.0.1" is neither an address nor a network`},
	} {
		list, err := ParseNetworks(c.in)
		got := fmt.Sprint(list)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("ParseNetworks(%q) is %s, want %s", c.in, got, c.want)
		}
	}
}

// FuzzParseNetworks: what is accepted is canonical, so that it is accepted again and means the same.
func FuzzParseNetworks(f *testing.F) {
	f.Add("10.0.0.0/8,::1")
	f.Add("::ffff:1.2.3.4/97")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseNetworks(s)
		if err != nil {
			return
		}
		for _, n := range list {
			again, err := netip.ParsePrefix(n.String())
			if err != nil || again != n || n != n.Masked() {
				t.Fatalf("%q gives %s, which is not canonical", s, n)
			}
		}
	})
}
