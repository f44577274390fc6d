package htpasswd

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// hashes are of the password "pw", made by htpasswd and crypt(3).
func hashes() map[string]string {
	return map[string]string{
		"apr1":   "$apr1$saltsalt$x78Y39ym2RjUNQHTLgwHz/",
		"bcrypt": "$2y$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q",
		"sha":    "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=",
		"plain":  "{PLAIN}pw",
		"des":    "abzlUXK5ed5rs",
		"sha512": "$6$salt$AkOOBO38SQQ8T8Q46KuCONe.8zg41nvCDKDq7pVQd2n2hy8sf8aR3G89VY.57up0eSIa/69odCCcLT4hx7FpW/",
		"sha256": "$5$rounds=1400$salt$HlzYiC2esGH6qeGEbnJRI7LHml0VgAraUX68IcgOTX6",
		"md5":    "$1$salt$IXp9zPHZ94CMcVBXaZFPN/",
		"ssha":   "{SSHA}K/qCHdTzr1rftXNEV4Ob7XsySBlzYWx0",
	}
}

func TestMatches(t *testing.T) {
	for name, hash := range hashes() {
		if !Known(hash) || !Matches(hash, "pw") {
			t.Errorf("%s does not accept its password", name)
		}
		for _, wrong := range []string{"", "p", "pw ", "PW", "pwpw", hash} {
			if Matches(hash, wrong) {
				t.Errorf("%s accepts %q", name, wrong)
			}
		}
	}
}

func TestUnknownHashesAcceptNothing(t *testing.T) {
	for _, hash := range []string{
		"", "pw", "*", "!", "{SHA}", "{SHA}x", "{SSHA}AAAA", "$1$", "$apr1$", "$6$salt", "$y$j9T$salt$hash", "_J9..rasmBYk8r9AiWNc",
		"$2y$15$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q", "$2y$31$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q",
		"$6$rounds=99999999$salt$x", "$6$rounds=-1$salt$x", "$5$rounds=x$salt$x", "abzlUXK5ed5r:", "abzlUXK5ed5rsX",
	} {
		if Known(hash) {
			t.Errorf("%q counts as known", hash)
		}
		for _, password := range []string{"", "pw", hash} {
			if Matches(hash, password) {
				t.Errorf("%q accepts %q", hash, password)
			}
		}
	}
}

func TestParse(t *testing.T) {
	users, odd := Parse([]byte("# comment:x\na:{PLAIN}1\r\n\nb:{PLAIN}2:more\nc\nd:pw\na:{PLAIN}3"))
	if got := fmt.Sprint(users, odd); got != "[{a {PLAIN}1} {b {PLAIN}2} {d pw} {a {PLAIN}3}] [6]" {
		t.Errorf("got %s", got)
	}
}

// TestCryptAgrees compares with crypt(3) of the system, which Perl calls.
func TestCryptAgrees(t *testing.T) {
	perl, err := exec.LookPath("perl")
	if err != nil {
		t.Fatal("perl is needed")
	}
	passwords := []string{"", "a", "password", "longer than eight", "\x7f~ü", "12345678", "123456789"}
	salts := []string{"ab", "./", "zZ", "9.", "Gq", "$1$salt$", "$5$rounds=1000$salt$", "$6$abcdefghijklmnop$"}
	script := "binmode STDIN; while (<STDIN>) { chomp; my ($s, $p) = split /\t/, $_, 2; print crypt($p, $s), qq(\\n) }"
	var in strings.Builder
	for _, s := range salts {
		for _, p := range passwords {
			fmt.Fprintf(&in, "%s\t%s\n", s, p)
		}
	}
	cmd := exec.Command(perl, "-e", script)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(salts)*len(passwords) {
		t.Fatalf("perl printed %d hashes", len(lines))
	}
	for i, hash := range lines {
		p := passwords[i%len(passwords)]
		if !Matches(hash, p) || Matches(hash, "x"+p) {
			t.Errorf("%s is not taken for the hash of %q alone", hash, p)
		}
	}
}

func FuzzMatches(f *testing.F) {
	for _, hash := range hashes() {
		f.Add(hash, "pw")
	}
	f.Add("{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "")
	f.Fuzz(func(t *testing.T, hash, password string) {
		if strings.HasPrefix(hash, "$2") || strings.HasPrefix(hash, "$5$") || strings.HasPrefix(hash, "$6$") {
			Known(hash) // only the parser: a guess takes too long
			return
		}
		if Matches(hash, password) && !Known(hash) {
			t.Fatalf("%q matches and is not known", hash)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a:b\n#c:d\r\ne:f:g"))
	f.Fuzz(func(t *testing.T, data []byte) {
		users, _ := Parse(data)
		for _, u := range users {
			if strings.ContainsAny(u.Name+u.Hash, "\n") || strings.Contains(u.Hash, ":") || strings.HasPrefix(u.Name, "#") {
				t.Fatalf("%q has the user %q", data, u)
			}
		}
	})
}
