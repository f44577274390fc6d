package cfg

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMapKeysAndValuesThatHAProxyWouldChangeAreRefused(t *testing.T) {
	long := strings.Repeat("x", maxFileLine/2)
	cases := []struct {
		text       string
		key, value bool
	}{
		{"a", true, true}, {"", false, true}, {"a b", false, true}, {"a\tb", false, true}, {" a", false, false},
		{"a ", false, false}, {"\ta", false, false}, {"a\t", false, false}, {"#a", false, true}, {"a#", true, true},
		{"a\nb", false, false}, {"a\rb", false, false}, {"a\x00b", false, false}, {"a\vb", true, true}, {"\xff", true, true},
		{long, true, true}, {long + "x", false, false}, {"-i", true, true}, {`"a"`, true, true}, {`\`, true, true},
	}
	for _, c := range cases {
		if _, err := NewMapKey(c.text); (err == nil) != c.key {
			t.Errorf("key %.20q: %v", c.text, err)
		}
		if _, err := NewMapValue(c.text); (err == nil) != c.value {
			t.Errorf("value %.20q: %v", c.text, err)
		}
	}
}

func TestZeroMapEntryIsNoLineOfItsOwn(t *testing.T) {
	k, _ := NewMapKey("a")
	got := string(MapFile([]MapEntry{{Key: k}, {}}))
	if got != "a \n" {
		t.Errorf("got %q", got)
	}
	if got := string(PatternFile([]MapKey{{}, k})); got != "a\n" {
		t.Errorf("got %q", got)
	}
}

// mapEntries pairs every text that can be a key with one that can be a value.
func mapEntries(texts []string) []MapEntry {
	var values []MapValue
	for _, s := range texts {
		if v, err := NewMapValue(s); err == nil {
			values = append(values, v)
		}
	}
	var out []MapEntry
	seen := map[string]bool{}
	for _, s := range texts {
		if k, err := NewMapKey(s); err == nil && !seen[s] {
			seen[s] = true
			out = append(out, MapEntry{k, values[len(out)%len(values)]})
		}
	}
	return out
}

var mapPointer = regexp.MustCompile(`(?m)^0x[0-9a-f]+ `)

// shown are the lines of show map or show acl without their pointers.
func shown(t *testing.T, p proxy, command string) string {
	t.Helper()
	return strings.TrimSuffix(mapPointer.ReplaceAllString(p.command(t, command), ""), "\n")
}

func TestMapFileComesOutOfHAProxyUnchanged(t *testing.T) {
	dir := shortDir(t)
	entries := mapEntries(hostile())
	// Values are more than keys; a second round gives each of them a key.
	for i, s := range hostile() {
		if v, err := NewMapValue(s); err == nil {
			k, _ := NewMapKey(fmt.Sprintf("value-%d", i))
			entries = append(entries, MapEntry{k, v})
		}
	}
	path := filepath.Join(dir, "test.map")
	if err := os.WriteFile(path, MapFile(entries), 0o600); err != nil {
		t.Fatal(err)
	}
	var rules []Line
	var want []string
	for i, e := range entries {
		found := Str(e.Key.String()).Conv("map", path, "none")
		rules = append(rules, answer(fmt.Sprintf("/map/%d", i), Kw("lf-string"), Format(Print(found.Conv("hex")))))
		want = append(want, fmt.Sprintf("%X", e.Value.String()))
	}
	p := start(t, dir, rules)
	if got, want := shown(t, p, "show map "+path), string(MapFile(entries)); got != want {
		t.Errorf("show map\n got %q\nwant %q", got, want)
	}
	p.compare(t, "map", want)
}

// The same keys and values arrive unchanged when they are added and removed by commands.
func TestRuntimeCommandsCarryMapEntriesUnchanged(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "test.map")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, []Line{L("http-request deny").If(Match(Str("a").Conv("map", path), Exact, "b"))})
	var want []MapEntry
	for _, e := range mapEntries(keep(hostile(), func(s string) bool { return len(s) < 1000 })) {
		key, err := CLIWord(e.Key.String())
		value, err2 := CLIWord(e.Value.String())
		if err != nil || err2 != nil {
			continue // an empty value; line ends are no map text anyway
		}
		if got := p.command(t, "add map "+path+" "+key+" "+value); got != "\n" {
			t.Errorf("add map %q %q: %q", key, value, got)
		}
		want = append(want, e)
	}
	if got, want := shown(t, p, "show map "+path), string(MapFile(want)); got != want {
		t.Errorf("show map\n got %q\nwant %q", got, want)
	}
	for _, e := range want {
		key, _ := CLIWord(e.Key.String())
		if got := p.command(t, "del map "+path+" "+key); got != "\n" {
			t.Errorf("del map %q: %q", key, got)
		}
	}
	if got := shown(t, p, "show map "+path); got != "" {
		t.Errorf("left: %q", got)
	}
}

func TestPatternFileMatches(t *testing.T) {
	dir := shortDir(t)
	var keys []MapKey
	var texts []string
	for _, e := range mapEntries(hostile()) {
		keys = append(keys, e.Key)
		texts = append(texts, e.Key.String())
	}
	path, nets := filepath.Join(dir, "a list"), filepath.Join(dir, "nets")
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), {}, netip.MustParsePrefix("2001:db8::/32")}
	for name, data := range map[string][]byte{path: PatternFile(keys), nets: NetworkFile(networks)} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules := []Line{
		answerIf("/net/0", And(MatchIPFile(Str("10.1.1.1"), nets), MatchIPFile(Str("2001:db8::5"), nets))),
		answerIf("/net/1", Not(MatchIPFile(Str("11.1.1.1"), nets))),
		answerIf("/net/2", MatchFileFold(Str("%CI"), Exact, path)),
	}
	want := []string{"yes", "yes", "yes"}
	for i, s := range texts {
		rules = append(rules, answerIf(fmt.Sprintf("/list/%d", i), And(MatchFile(Str(s), Exact, path), Not(MatchFile(Str(s+" "), Exact, path)))))
	}
	p := start(t, dir, rules)
	p.compare(t, "net", want)
	p.compare(t, "list", slices.Repeat([]string{"yes"}, len(texts)))
}

// answerIf answers yes when a condition holds.
func answerIf(path string, c Cond) Line {
	return L("http-request return status 200 content-type text/plain string yes").If(And(Match(Fetch("path"), Exact, path), c))
}

// A line of the greatest length is still one entry for HAProxy.
func TestLongestMapLineIsOneEntry(t *testing.T) {
	dir := shortDir(t)
	long := strings.Repeat("x", maxFileLine/2)
	key, err := NewMapKey(long)
	value, err2 := NewMapValue(long)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	path := filepath.Join(dir, "test.map")
	text := MapFile([]MapEntry{{key, value}})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, []Line{L("http-request deny").If(Match(Str("a").Conv("map", path), Exact, "b"))})
	if got := shown(t, p, "show map "+path); got != string(text) {
		t.Errorf("got %d bytes, want %d", len(got), len(text))
	}
}
