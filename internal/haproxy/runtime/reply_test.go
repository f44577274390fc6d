package runtime

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fake answers the first connection with the text and then closes it, or keeps it open.
func fake(t *testing.T, text string, keep bool) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			conn.Write([]byte(text))
			if !keep {
				conn.Close()
			}
		}
	}()
	return New(Config{Socket: path, Idle: 200 * time.Millisecond})
}

func TestWhatIsNoWholeAnswerIsAnError(t *testing.T) {
	cases := []struct {
		name, text string
		keep       bool
		want       error
	}{
		{"whole", "\n> \n> \n> ", false, nil},
		{"nothing", "", false, ErrPartial},
		{"silence", "", true, ErrPartial},
		{"no answer", "\n> ", false, ErrPartial},
		{"one of two answers", "\n> \n> ", false, ErrPartial},
		{"second answer cut", "\n> \n> \n", false, ErrPartial},
		{"second answer late", "\n> \n> ", true, ErrPartial},
		{"one too many", "\n> \n> \n> \n> ", false, ErrMalformed},
		{"text after the last", "\n> \n> \n> x", false, ErrMalformed},
		{"text before the first", "what\n> \n> \n> ", false, ErrMalformed},
		{"a word for a silent command", "\n> \n> huh\n\n> ", false, ErrRefused},
		{"reason of a closed connection", "\n> \n> The command is too big for the buffer size.\n", false, ErrPartial},
	}
	for _, c := range cases {
		err := fake(t, c.text, c.keep).Run(t.Context(), ClearMap("a"), ClearMap("b"))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if strings.HasPrefix(c.name, "reason") && !strings.Contains(err.Error(), "too big") {
			t.Errorf("%s: %v does not name it", c.name, err)
		}
	}
}

func TestUnsendableCommandSendsNothing(t *testing.T) {
	gone := New(Config{Socket: "/nowhere"}) // reaching for it would be another error
	bad := map[string]Command{
		"zero":               {},
		"empty word":         SetMap("m", "k", ""),
		"line end":           SetMap("m", "k", "a\nshow env"),
		"carriage return":    SetMap("m", "k", "a\r"),
		"NUL":                SetMap("m", "k\x00", "v"),
		"reference":          DelMap("m", "#0x1"),
		"empty payload":      Cert.Set("f", nil),
		"empty payload, set": Cert.Set("f", []byte{}),
		"empty line":         Cert.Set("f", []byte("a\n\nadd map x y z\n")),
		"leading empty line": Cert.Set("f", []byte("\na\n")),
		"blank line":         Cert.Set("f", []byte("a\n \t\nb\n")),
		"final empty line":   Cert.Set("f", []byte("a\n\n")),
		"CRLF":               Cert.Set("f", []byte("a\r\n\r\nb\n")),
		"payload NUL":        Cert.Set("f", []byte("a\x00\n")),
		"too long":           SetMap("m", "k", strings.Repeat("x", 16384)),
	}
	for name, cmd := range bad {
		if err := gone.Run(t.Context(), ClearMap("m"), cmd); !errors.Is(err, ErrUnsendable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, e := range []MapEntry{{"", "v"}, {"k", ""}, {"a b", "v"}, {"a\tb", "v"}, {"k", " v"}, {"k", "v "}, {"k", "v\nx y"}, {"k\n", "v"}} {
		if _, err := AddMapEntries("m", []MapEntry{e}); !errors.Is(err, ErrUnsendable) {
			t.Errorf("%q: %v", e, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	for _, cmd := range []Command{SetTLSKey("f", "SECRET"), Cert.Set("f", []byte("SECRET\n"))} {
		if s := fmt.Sprintf("%s %v %v", cmd, cmd, cmd.check("no")); strings.Contains(s, "SECRET") {
			t.Errorf("printed: %s", s)
		}
	}
}

// FuzzReplies plays the answers of a session that a fuzzed text is one of, in pieces of fuzzed size.
func FuzzReplies(f *testing.F) {
	f.Add("0x1 /a b\n", uint8(3))
	f.Add("\n", uint8(1))
	f.Add("> \n >\n+ x", uint8(255))
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		if strings.Contains(text, "\n> ") || len(text) > 4096 {
			return // HAProxy prints no such answer, and the rest is about time
		}
		stream := "\n> " + "first" + "\n> " + text + "\n> " + "\n> "
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			for rest := []byte(stream); len(rest) > 0; {
				n := min(len(rest), int(step)+1)
				if _, err := there.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		defer here.Close()
		r := &replyReader{conn: here, idle: 5 * time.Second, ctx: t.Context()}
		got, err := r.replies([]Command{ClearMap("a"), ClearMap("b"), ClearMap("c")})
		if err != nil || !slices.Equal(got, []string{"first", text, ""}) {
			t.Errorf("got %q, %v; sent %q", got, err, text)
		}
	})
}

// FuzzParsers checks that no answer makes a parser panic, and that what it accepts is not half of something.
func FuzzParsers(f *testing.F) {
	for _, s := range []string{
		"0x55 /a 1\n0x56 /b two words\n", "Name: HAProxy\nPid: 12\nUptime_sec: 3\nNbthread: 2\n",
		"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n3 b 1 s1 ::1 2 8 10 80\n",
		"# bkname/svname bkid/svid addr port - used_cur idle_cur\nb/s1 3/1 ::1 80 - 0 0\n",
		"# pxname,svname,status,type,stot,\nf,FRONTEND,OPEN,0,3,\nb,s,UP,2,\"a\"\"b\",\n",
		"#<PID> <type>\n12 master 1 [failed: 2] 0d00h01m 2.6\n# workers\n13 worker 0 0d 2.6\n# old workers\n11 worker 1 0d 2.6\n# programs\n",
		"Success=0\n--\n[ALERT] x\n", "# /l\n/a.pem:3 [verify optional alpn h2\x00] a.test *.b\n", "# filename\n/a - 1 certificate(s)\n@system-ca\n",
		"Filename: x\nStatus: Used\nSHA1 FingerPrint: 00\n", "# table: st, type: string, size:100, used:2\n0x5: key=a\\ b use=0 gpc0=3\n",
		"New version created: 7\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if i, err := parseInfo(s); err == nil && i.PID <= 0 {
			t.Error("info without a process")
		}
		if p, err := parseProcesses(s); err == nil && p.Master.PID <= 0 {
			t.Error("processes without a master")
		}
		if v, err := parseMapVersion(s); err == nil && v == "" {
			t.Error("empty version")
		}
		if d, err := parseCertDetail(s); err == nil && d.Status == "" {
			t.Error("certificate without status")
		}
		if _, err := parseReload(s); err == nil && !strings.HasPrefix(strings.TrimSpace(s), "Success=1") {
			t.Error("success without its word")
		}
		entries, err := parseMapEntries(s)
		if err == nil && len(entries) > strings.Count(s, "\n")+1 {
			t.Error("more entries than lines")
		}
		stats, err := parseStats(s)
		for _, st := range stats {
			if err == nil && st.Kind == 0 {
				t.Error("row of no kind")
			}
		}
		parseServerStates(s)
		parseServerConns(s)
		parseCrtList(s)
		parseFiles(s)
		parsePatterns(s)
		parseStickTables(s)
		parseStickEntries(s)
	})
}

// FuzzEncode reads an encoded command as HAProxy does: it must be one line, or one line and one payload.
func FuzzEncode(f *testing.F) {
	f.Add("a;b", "x\ny\n")
	f.Add("<<", "x\n\nshow env\n")
	f.Fuzz(func(t *testing.T, word, payload string) {
		b, err := command("set", "map", word).with([]byte(payload)).encode(1 << 20)
		if err != nil {
			return
		}
		line, rest, _ := strings.Cut(string(b), "\n")
		if !strings.HasSuffix(line, " <<") {
			t.Fatalf("line %q begins no payload", line)
		}
		end := strings.Index("\n"+rest, "\n\n")
		if end < 0 || end+1 != len(rest) {
			t.Fatalf("payload of %q ends at %d, want its end %d", rest, end, len(rest)-1)
		}
		if b, err = command("set", "map", word).encode(1 << 20); err != nil || strings.Count(string(b), "\n") != 1 {
			t.Fatalf("%q is more than a line", b)
		}
	})
}
