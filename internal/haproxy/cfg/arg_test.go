package cfg

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestArgs(t *testing.T) {
	cases := []struct {
		arg  Arg
		want string
	}{
		{Kw("check inter"), "check inter"},
		{Kw("set-var(txn.a)"), "set-var(txn.a)"},
		{Kw("ECDHE+AES:!aNULL"), "ECDHE+AES:!aNULL"},
		{Word("a"), "a"},
		{Word("a b"), `"a b"`},
		{Word(`a"b\c$d`), `"a\"b\\c\$d"`},
		{Word("a\nb\x00"[:3]), `"a\x0ab"`},
		{Word("ä"), `"\xc3\xa4"`},
		{Word("~"), "~"},
		{Word("\x1f\x7f"), `"\x1f\x7f"`},
		{Word("'"), `"'"`},
		{Word("#"), `"#"`},
		{Name("a-b_c.d:e"), "a-b_c.d:e"},
		{HeaderName("X-A"), "X-A"},
		{HeaderName("X-$'#"), `"X-\$'#"`},
		{Int(-1), "-1"},
		{Bytes(1 << 40), "1099511627776"},
		{Millis(0), "0s"},
		{Millis(time.Nanosecond), "1ms"},
		{Millis(5 * time.Second), "5s"},
		{Millis(1500 * time.Millisecond), "1500ms"},
		{Millis(math.MaxInt32 * time.Millisecond), "2147483647ms"},
		{Addr(netip.MustParseAddrPort("127.0.0.1:80")), "127.0.0.1:80"},
		{Addr(netip.MustParseAddrPort("[::1]:80")), "[::1]:80"},
		{Opt("check inter", Millis(time.Second), Kw("fall"), Int(3)), "check inter 1s fall 3"},
		{Call("set-map", "/run/a.map"), "set-map(/run/a.map)"},
		{Call("track-sc0", "a", "b"), "track-sc0(a,b)"},
		{Header(Text("a\tä"), Print(Str("\n"))), `"a\x09\xc3\xa4%[str(\"\x0a\")]"`},
		{Format(), `"%[str(\"\")]"`},
		{Format(Text("100% $x"), LogVar("ci", "+Q", "-E"), Print(Fetch("src"), "+X")), `"100%% \$x%{+Q,-E}ci%{+X}[src]"`},
		{Expr(Fetch("req.hdr", "Host").Conv("lower").Conv("field", "1", ":")), "req.hdr(Host),lower,field(1,:)"},
		{Expr(Fetch("path").Conv("regsub", "^/(a|b)$", `"\1",`)), `"path,regsub(\"^/(a|b)\$\",\"\\\"\\\\1\\\",\")"`},
		{Expr(Str("")), `"str(\"\")"`},
		{Expr(Var("txn.a").Conv("concat", "", "req.b", "")), `"var(txn.a),concat(\"\",req.b,\"\")"`},
	}
	for _, c := range cases {
		if err := c.arg.check(); err != nil {
			t.Errorf("%s is refused: %v", c.want, err)
		} else if c.arg.text != c.want {
			t.Errorf("got  %s\nwant %s", c.arg.text, c.want)
		} else if words, err := readWords(c.arg.text); err != nil || len(words) != c.arg.n {
			t.Errorf("%s reads as %q (%v), counted as %d words", c.want, words, err, c.arg.n)
		}
	}
}

func TestArgsThatHAProxyCantCarryAreRefused(t *testing.T) {
	cases := map[string]Arg{
		"zero":                      {},
		"empty keyword":             Kw(""),
		"two blanks":                Kw("a  b"),
		"keyword with a quote":      Kw(`a"b`),
		"keyword with a line end":   Kw("a\nb"),
		"keyword with a comment":    Kw("a #b"),
		"keyword with a format":     Kw("%ci"),
		"keyword with braces":       Kw("a { b }"),
		"empty word":                Word(""),
		"NUL in a word":             Word("a\x00"),
		"NUL in a text":             Format(Text("a\x00")),
		"NUL in a sample":           Expr(Str("a\x00")),
		"NUL in a later converter":  Expr(Fetch("path").Conv("lower").Conv("concat", "\x00").Conv("lower")),
		"NUL in a printed sample":   Format(Text("a"), Print(Str("\x00"))),
		"name with a blank":         Name("a b"),
		"empty name":                Name(""),
		"name with a line end":      Name("a\n"),
		"header name, line end":     HeaderName("X\r\nY"),
		"header name, colon":        HeaderName("X: y"),
		"empty header name":         HeaderName(""),
		"negative size":             Bytes(-1),
		"negative time":             Millis(-1),
		"time too long":             Millis((math.MaxInt32 + 1) * time.Millisecond),
		"time far too long":         Millis(math.MaxInt64),
		"no address":                Addr(netip.AddrPort{}),
		"option with a bad value":   Opt("a", Int(1), Word("")),
		"option with a zero value":  Opt("a", Arg{}),
		"call with a parenthesis":   Call("set-map", "a)b"),
		"call with a comma":         Call("set-map", "a,b"),
		"call without a parameter":  Call("set-map", ""),
		"call of a bad keyword":     Call("a\n", "b"),
		"zero sample":               Expr(Sample{}),
		"converter without a fetch": Expr(Sample{}.Conv("lower")),
		"fetch with a parenthesis":  Expr(Fetch("str(a)")),
		"fetch with a comma":        Expr(Fetch("path,lower")),
		"converter with a bracket":  Expr(Fetch("path").Conv("lower]")),
		"empty fetch":               Expr(Fetch("")),
		"variable with a comma":     Expr(Var("txn.a),lower(")),
		"printed zero sample":       Format(Print(Sample{})),
		"line end in a header":      Header(Text("a\r\nb")),
		"control byte in a header":  Header(Print(Fetch("src")), Text("\x7f")),
		"NUL in a header":           Header(Text("\x00")),
		"flag without a sign":       Format(LogVar("ci", "Q")),
		"flag with more":            Format(Print(Fetch("src"), "+Q}[src]%{+Q")),
		"log variable with more":    Format(LogVar("ci%cp")),
		"empty log variable":        Format(LogVar("")),
	}
	for name, a := range cases {
		if a.check() == nil {
			t.Errorf("%s is accepted: %s", name, a.text)
		}
		if got := (Line{Args: []Arg{Kw("x"), a}}).String(); !strings.HasPrefix(got, "refused: ") {
			t.Errorf("%s is written: %s", name, got)
		}
	}
}

// A refusal is shown to users; it must not quote what may be a secret.
func TestRefusalsDoNotQuoteValues(t *testing.T) {
	const secret = "hunter2"
	for _, a := range []Arg{
		Word(secret + "\x00"), Format(Text(secret + "\x00")), Expr(Str(secret + "\x00")), Name(secret + " "),
		Call("set-map", secret+" "), Expr(Var(secret + " ")),
	} {
		if err := a.check(); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v", err)
		}
	}
}
