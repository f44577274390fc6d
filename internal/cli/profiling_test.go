package cli

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestProfilesAreOfferedWhenAskedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(new(bytes.Buffer), nil))
	for _, c := range []struct {
		args []string
		open bool
	}{
		{[]string{"--profiler-port=" + strconv.Itoa(address.Port)}, false},
		{[]string{"--profiler-port=" + strconv.Itoa(address.Port), "--profiling=true"}, true},
	} {
		var p profilingFlags
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		p.register(f)
		if err := f.Parse(c.args); err != nil {
			t.Fatal(err)
		}
		stop, err := p.serve(log)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Get("http://" + address.String() + "/debug/pprof/heap?debug=1")
		if c.open != (err == nil) {
			t.Errorf("%v: %v", c.args, err)
		}
		if err == nil {
			text, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || !strings.Contains(string(text), "heap profile") {
				t.Errorf("%v, %.100s", err, text)
			}
		}
		stop()
		if _, err := http.Get("http://" + address.String() + "/debug/pprof/"); err == nil {
			t.Error("it answers after the end")
		}
	}
}
