package runtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestServersChangeAndReadBack(t *testing.T) {
	r := start(t)
	ctx := t.Context()
	must(t, r.client.Run(ctx,
		SetServerWeight("b", "s1", 7),
		SetServerAddr("b", "s1", netip.MustParseAddrPort("127.0.0.9:81")),
		SetServerAddr("b", "s2", netip.MustParseAddrPort("[::1]:82")),
		SetServerState("b", "s1", Drain),
		AddServer("b", "n1", netip.MustParseAddrPort("[::ffff:127.0.0.3]:83"), "weight", "4"),
		SetServerState("b", "n1", Ready),
	))
	want := map[string]string{
		"s1": "127.0.0.9:81 weight 7 drain", "s2": "[::1]:82 weight 1 maint", "n1": "127.0.0.3:83 weight 4",
	}
	must(t, r.client.AwaitAddrs(ctx, Place{"b", "s1", netip.MustParseAddrPort("127.0.0.9:81")},
		Place{"b", "s2", netip.MustParseAddrPort("[::1]:82")}))
	states, err := r.client.ServerStates(ctx, "b")
	must(t, err)
	got := map[string]string{}
	for _, s := range states {
		text := fmt.Sprintf("%s weight %d", netip.AddrPortFrom(s.Addr, uint16(s.Port)), s.Weight)
		if s.Draining() {
			text += " drain"
		}
		if s.InMaint() {
			text += " maint"
		}
		got[s.Name] = text
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("servers\n got %v\nwant %v", got, want)
	}

	conns, err := r.client.ServerConns(ctx, "b")
	must(t, err)
	if len(conns) != 3 {
		t.Errorf("%d rows of connections, want 3: %v", len(conns), conns)
	}
	wantKind(t, r.client.Run(ctx, DelServer("b", "n1")), ErrInUse)
	must(t, r.client.Run(ctx, SetServerState("b", "n1", Maint), DelServer("b", "n1")))
	wantKind(t, r.client.Run(ctx, DelServer("b", "n1")), ErrNotFound)
	wantKind(t, r.client.Run(ctx, AddServer("b", "s1", netip.MustParseAddrPort("127.0.0.1:1"))), ErrExists)
	wantKind(t, r.client.Run(ctx, SetServerWeight("b", "s1", 257)), ErrRefused)
	wantKind(t, r.client.Run(ctx, SetServerState("nope", "s1", Ready)), ErrNotFound)
}

func TestAwaitAddrsFailsForWhatNeverComes(t *testing.T) {
	r := start(t)
	addr := netip.MustParseAddrPort("127.0.0.9:81")
	begin := time.Now()
	wantKind(t, r.client.AwaitAddrs(t.Context(), Place{"b", "s1", addr}), ErrRefused)
	if d := time.Since(begin); d < awaitTimeout || d > 2*awaitTimeout {
		t.Errorf("gave up after %v", d)
	}
	wantKind(t, r.client.AwaitAddrs(t.Context(), Place{"nope", "s1", addr}), ErrNotFound)
	must(t, r.client.AwaitAddrs(t.Context()))
}

func TestRunReportsEachFailureAndExecutesTheRest(t *testing.T) {
	r := start(t)
	err := r.client.Run(t.Context(), SetServerWeight("b", "nope", 1), SetServerWeight("b", "s1", 3), DelMap(r.path("m.map"), "/nope"))
	var first *CommandError
	if !errors.As(err, &first) || first.Command != "set server b/nope weight 1" {
		t.Errorf("first failure: %v", err)
	}
	if n := strings.Count(err.Error(), "\n"); n != 1 {
		t.Errorf("want two lines: %v", err)
	}
	states, err := r.client.ServerStates(t.Context(), "b")
	must(t, err)
	if states[0].Weight != 3 && states[1].Weight != 3 {
		t.Errorf("the command in between was not executed: %v", states)
	}
}

func TestMapValuesComeBackAsSent(t *testing.T) {
	r := start(t)
	ctx, file := t.Context(), r.path("m.map")
	values := []string{
		`plain`, `two words`, `a  b`, `back\slash`, `\`, `\\`, `\n`, `semi;colon`, `"quoted"`, `'single'`, `#hash`, `a#b`,
		`^new\.test\|(?s:.*)(?:CN=a\ b)`, `$var`, `%[path]`, `@1`, "tab\tinside", `ü€`, "\x01\x7f\xff", `a\ b;c\;d`, `{}`, `<`, `<<`, `x<<`, `<<EOF`, `a <<`, `<< a`, `>`, `>x`,
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := make([]byte, 1+rng.IntN(12))
		for i := range b {
			b[i] = byte(1 + rng.IntN(255))
		}
		if s := string(b); !strings.ContainsAny(s, "\r\n\x00") && strings.Trim(s, " \t\v\f") == s {
			values = append(values, s)
		}
	}
	for _, asPayload := range []bool{false, true} {
		var entries []MapEntry
		for i, v := range values {
			entries = append(entries, MapEntry{Key: fmt.Sprintf("/k%d", i), Value: v})
		}
		must(t, r.client.Run(ctx, ClearMap(file)))
		cmds, err := AddMapEntries(file, entries)
		must(t, err)
		if !asPayload {
			cmds = nil
			for _, e := range entries {
				cmds = append(cmds, AddMap(file, e.Key, "before"), SetMap(file, e.Key, e.Value))
			}
		}
		must(t, r.client.Run(ctx, cmds...))
		got, err := r.client.MapEntries(ctx, file)
		must(t, err)
		if len(got) != len(entries) {
			t.Fatalf("payload %t: %d entries, want %d", asPayload, len(got), len(entries))
		}
		for i := range got {
			if got[i] != entries[i] {
				t.Errorf("payload %t: got %q, want %q", asPayload, got[i], entries[i])
			}
		}
	}
}

func TestReplaceMapIsWholeAndLarge(t *testing.T) {
	r := start(t)
	file := r.path("m.map")
	var entries []MapEntry
	for i := range 20000 {
		entries = append(entries, MapEntry{Key: fmt.Sprintf("/path/%06d", i), Value: fmt.Sprintf("value %d", i)})
	}
	must(t, r.client.ReplaceMap(t.Context(), file, entries))
	got, err := r.client.MapEntries(t.Context(), file)
	must(t, err)
	if !slices.Equal(got, entries) {
		t.Errorf("%d entries came back, want the %d sent", len(got), len(entries))
	}
	must(t, r.client.Run(t.Context(), DelMap(file, "/path/000003")))
	wantKind(t, r.client.ReplaceMap(t.Context(), "/nope", entries[:1]), ErrNotFound)
	must(t, r.client.ReplaceMap(t.Context(), file, nil))
	got, err = r.client.MapEntries(t.Context(), file)
	must(t, err)
	if len(got) != 0 {
		t.Errorf("an empty map has %d entries", len(got))
	}
}

func TestPatternsComeBackAsSent(t *testing.T) {
	r := start(t)
	file := r.path("p.acl")
	want := []string{"/a", `back\slash`, `two words; and more`, `a<<`, `10.0.0.0/8`}
	must(t, r.client.ReplacePatterns(t.Context(), file, want))
	got, err := r.client.Patterns(t.Context(), file)
	must(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, r.client.Run(t.Context(), AddPattern(file, "x y"), DelPattern(file, "/a"), DelPattern(file, `back\slash`)))
	got, err = r.client.Patterns(t.Context(), file)
	must(t, err)
	if !slices.Equal(got, []string{"two words; and more", "a<<", "10.0.0.0/8", "x y"}) {
		t.Errorf("got %q", got)
	}
	wantKind(t, r.client.Run(t.Context(), DelPattern(file, "nope")), ErrNotFound)
}

func TestCertificatesChangeByTransaction(t *testing.T) {
	r := start(t)
	ctx, c := t.Context(), newCerts(t)
	file, list := r.path("n.pem"), r.path("list.txt")
	must(t, r.client.Run(ctx,
		Cert.New(file), Cert.Set(file, []byte(c.bundle("n.test"))), Cert.Commit(file),
		CA.New("ca2"), CA.Set("ca2", []byte(c.ca)), CA.Commit("ca2"),
		CRL.New("crl2"), CRL.Set("crl2", []byte(c.crl(7))), CRL.Commit("crl2"),
		AddCrtList(list, file, []string{"verify", "optional", "ca-file", "ca2", "crl-file", "crl2", "alpn", "h2"}, []string{"n.test", "*.n.test"}),
	))
	detail, err := r.client.CertDetail(ctx, file)
	must(t, err)
	if len(detail.SHA1) != 40 || detail.Subject != "/CN=n.test" {
		t.Errorf("certificate %+v", detail)
	}
	entries, err := r.client.CrtList(ctx, list)
	must(t, err)
	if len(entries) != 2 || entries[1].Cert != file || !slices.Equal(entries[1].Filters, []string{"n.test", "*.n.test"}) ||
		!strings.Contains(entries[1].Options, "ca-file ca2") {
		t.Errorf("crt-list %+v", entries)
	}
	for store, name := range map[Store]string{Cert: file, CA: "ca2", CRL: "crl2"} {
		names, err := r.client.Files(ctx, store)
		must(t, err)
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %v", name, names)
		}
		wantKind(t, r.client.Run(ctx, store.Del(name)), ErrInUse)
	}
	must(t, r.client.Run(ctx, DelCrtList(list, file, entries[1].Line), Cert.Del(file), CA.Del("ca2"), CRL.Del("crl2")))
	wantKind(t, r.client.Run(ctx, Cert.Del(file)), ErrNotFound)
	must(t, r.client.Run(ctx, SetTLSKey(r.path("keys"), strings.Repeat("QUFB", 16))))
}

func TestBrokenCertificateIsRefusedAndTheOldStays(t *testing.T) {
	r := start(t)
	ctx, file := t.Context(), r.path("a.pem")
	before, err := r.client.CertDetail(ctx, file)
	must(t, err)
	wantKind(t, r.client.Run(ctx, Cert.Set(file, []byte("garbage\n"))), ErrRefused)
	wantKind(t, r.client.Run(ctx, Cert.Commit(file)), ErrRefused)
	wantKind(t, r.client.Run(ctx, Cert.Set(r.path("nope.pem"), []byte(newCerts(t).bundle("x")))), ErrNotFound)
	after, err := r.client.CertDetail(ctx, file)
	must(t, err)
	if before != after {
		t.Errorf("changed from %+v to %+v", before, after)
	}
}

// 2.6 confirms a Set for a second file in the name of the first, and changes the first.
func TestConfirmationForAnotherFileIsAFailure(t *testing.T) {
	r := start(t)
	ctx, c := t.Context(), newCerts(t)
	n := r.path("n.pem")
	must(t, r.client.Run(ctx, Cert.New(n), Cert.Set(n, []byte(c.bundle("n.test")))))
	if err := r.client.Run(ctx, Cert.Set(r.path("a.pem"), []byte(c.bundle("a.test")))); err == nil {
		t.Error("a Set beside another open transaction passed for a success")
	}
	must(t, r.client.Run(ctx, Cert.Abort(n)))
}

func TestCrtListLineCantCarryMore(t *testing.T) {
	r := start(t)
	for _, filters := range [][]string{{"a b"}, {"x\ny.pem"}, {""}, {"[verify none]"}, {"#"}} {
		if err := r.client.Run(t.Context(), AddCrtList(r.path("list.txt"), r.path("a.pem"), nil, filters)); !errors.Is(err, ErrUnsendable) {
			t.Errorf("%q: %v", filters, err)
		}
	}
}

func TestOversizedPayloadIsAFailure(t *testing.T) {
	r := start(t)
	ctx, file := t.Context(), r.path("m.map")
	for _, size := range []int{16300, 16384, 17000, 40000, 300000} {
		payload := []byte("/k " + strings.Repeat("v", size-len("/k ")-1) + "\n")
		cmd := command("add", "map", file).with(payload)
		if err := r.client.Run(ctx, cmd); size < 16000 && err != nil || size > 16384 && !errors.Is(err, ErrUnsendable) {
			t.Errorf("%d bytes: %v", size, err)
		}
		// A client that believes in a larger buffer than HAProxy has must notice, too.
		wrong := New(Config{Socket: r.path("s.sock"), BufSize: 1 << 20, Idle: 5 * time.Second})
		if err := wrong.Run(ctx, SetServerWeight("b", "s1", 5), cmd, SetServerWeight("b", "s1", 6)); size >= 16384 && !errors.Is(err, ErrPartial) {
			t.Errorf("%d bytes with a wrong buffer size: %v", size, err)
		}
	}
}

func TestLargestPayloadThatFits(t *testing.T) {
	r := start(t)
	file := r.path("m.map")
	cmd := func(n int) Command {
		return command("add", "map", file).with([]byte("/k " + strings.Repeat("v", n) + "\n"))
	}
	n := 16000
	for {
		if _, err := cmd(n + 1).encode(16384); err != nil {
			break
		}
		n++
	}
	must(t, r.client.Run(t.Context(), cmd(n)))
}

func TestManyCommandsShareAConnection(t *testing.T) {
	r := start(t)
	var cmds []Command
	for i := range 20000 {
		cmds = append(cmds, SetServerWeight("b", "s1", 1+i%100))
	}
	for i := range 40 {
		add, err := AddMapEntries(r.path("m.map"), []MapEntry{{fmt.Sprintf("/big%d", i), strings.Repeat("x", 12000)}})
		must(t, err)
		cmds = append(cmds, add...)
	}
	begin := time.Now()
	must(t, r.client.Run(t.Context(), cmds...))
	t.Logf("%d commands in %v", len(cmds), time.Since(begin))
}

func TestStats(t *testing.T) {
	r := start(t)
	all, err := r.client.Stats(t.Context(), FrontendStat|BackendStat|ServerStat)
	must(t, err)
	var got []string
	for _, s := range all {
		got = append(got, fmt.Sprint(s.Kind, s.Proxy, "/", s.Server, " ", s.Status))
	}
	want := []string{"1f/ OPEN", "4b/s1 no check", "4b/s2 MAINT", "2b/ UP", "2st/ UP"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	servers, err := r.client.Stats(t.Context(), ServerStat)
	must(t, err)
	if len(servers) != 2 || servers[0].Weight != 10 || servers[0].Addr != "127.0.0.1:1" {
		t.Errorf("servers %+v", servers)
	}
}

func TestStickTables(t *testing.T) {
	r := start(t)
	ctx := t.Context()
	must(t, r.client.Run(ctx, command("set", "table", "st", "key", `a b;\c`, "data.gpc0", "3"), command("set", "table", "st", "key", "zz", "data.gpc0", "4")))
	tables, err := r.client.StickTables(ctx)
	must(t, err)
	if len(tables) != 1 || tables[0] != (StickTable{"st", "string", 100, 2}) {
		t.Errorf("tables %+v", tables)
	}
	must(t, r.client.Run(ctx, ClearTableKey("st", "zz")))
	entries, err := r.client.StickEntries(ctx, "st")
	must(t, err)
	if len(entries) != 1 || entries[0].Key != `a b;\c` || entries[0].Data["gpc0"] != "3" {
		t.Errorf("entries %+v", entries)
	}
	must(t, r.client.Run(ctx, ClearTable("st")))
	if entries, err = r.client.StickEntries(ctx, "st"); err != nil || len(entries) != 0 {
		t.Errorf("after clear: %v, %v", entries, err)
	}
	_, err = r.client.StickEntries(ctx, "nope")
	wantKind(t, err, ErrNotFound)
}

func TestInfoAndWorker(t *testing.T) {
	r := start(t)
	info, err := r.client.Info(t.Context())
	must(t, err)
	if info.PID == 0 || info.MaxConn == 0 || info.Stopping || info.Fields["Version"] == "" {
		t.Errorf("info %+v", info)
	}
	must(t, r.client.OnWorker(info.PID).Run(t.Context(), SetServerWeight("b", "s1", 2)))
	wantKind(t, r.client.OnWorker(info.PID+1).Run(t.Context(), SetServerWeight("b", "s1", 2)), ErrWrongWorker)
}

func TestMasterListsProcessesAndReloads(t *testing.T) {
	r := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	waitProcesses(t, ctx, r.master, func(p Processes) bool { return len(p.Workers) == 1 })
	before, err := r.master.Processes(ctx)
	must(t, err)
	if len(before.Workers) != 1 || before.Master.PID == 0 || before.Failed != 0 {
		t.Fatalf("processes %+v", before)
	}
	if _, err := r.master.Reload(ctx); err != nil && !errors.Is(err, ErrNoOutcome) {
		t.Fatal(err)
	}
	replaced := func(p Processes) bool {
		return p.Master.Reloads == 1 && len(p.Workers) == 1 && p.Workers[0].PID != before.Workers[0].PID
	}
	waitProcesses(t, ctx, r.master, replaced)
	must(t, os.WriteFile(r.path("haproxy.cfg"), []byte("bogus\n"), 0o600))
	var failed *ReloadError
	if _, err := r.master.Reload(ctx); !errors.As(err, &failed) && !errors.Is(err, ErrNoOutcome) {
		t.Errorf("reload of a broken configuration: %v", err)
	}
	waitProcesses(t, ctx, r.master, func(p Processes) bool { return p.Failed == 1 })
}

// waitProcesses retries: the master of 2.6 opens its socket after its worker's, and closes it for a
// moment while it starts itself anew.
func waitProcesses(t *testing.T, ctx context.Context, m *Master, ok func(Processes) bool) {
	t.Helper()
	for {
		p, err := m.Processes(ctx)
		if err == nil && ok(p) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("processes %+v, %v", p, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestUnreachableAndCancelled(t *testing.T) {
	gone := New(Config{Socket: filepath.Join(t.TempDir(), "none")})
	wantKind(t, gone.Run(t.Context(), ClearMap("x")), ErrUnreachable)

	r := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantKind(t, r.client.Run(ctx, ClearMap(r.path("m.map"))), context.Canceled)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got error %v, want %v", err, kind)
	}
}
