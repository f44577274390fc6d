package process

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Level is the weight that HAProxy gives a message.
type Level string

const (
	Alert   Level = "alert"
	Warning Level = "warning"
	Notice  Level = "notice"
	Other   Level = "other" // a line of no known form
)

// Diagnostic is a message of HAProxy.
type Diagnostic struct {
	Level Level
	PID   int
	File  string // "" when the message names none
	Line  int    // 0 when the message names none
	Text  string // without level, process and place

	Proxy string // of messages that have no line but begin with the name of a frontend or backend

	// Inner is the place inside another file that the message is really about: a line of a crt-list or map.
	Inner Location
}

// Location is a line of a file; the zero value is none.
type Location struct {
	File string
	Line int
}

func (d Diagnostic) String() string {
	if d.File == "" {
		return d.Text
	}
	return fmt.Sprintf("%s:%d: %s", d.File, d.Line, d.Text)
}

// severity is the level of the log record. What HAProxy says of every proxy and worker at each reload is for debugging,
// although it calls that a warning.
func (d Diagnostic) severity() slog.Level {
	switch {
	case d.ofCommand():
		return slog.LevelDebug
	case d.Level == Alert:
		return slog.LevelError
	case d.Level == Notice, strings.Contains(d.Text, " stopped (cumulated conns:"),
		strings.HasSuffix(d.Text, "exited with code 0 (Exit)"), strings.HasPrefix(d.Text, "Exiting Master process"),
		strings.HasSuffix(d.Text, "All workers exited. Exiting... (0)"):
		return slog.LevelDebug
	default:
		return slog.LevelWarn
	}
}

// ofCommand reports whether the message says that a server was put into or taken out of maintenance. Servers have no
// health checks, so nothing but a command of Hawser's own does either. 2.6 writes "CLI : " before it.
func (d Diagnostic) ofCommand() bool {
	text := strings.TrimPrefix(d.Text, "CLI : ")
	return strings.HasPrefix(text, "Server ") &&
		(strings.HasSuffix(text, " is UP/READY (leaving forced maintenance).") || strings.Contains(text, " is going DOWN for maintenance.")) ||
		strings.HasPrefix(text, "backend '") && strings.HasSuffix(text, "' has no server available!")
}

func (d Diagnostic) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.Int("haproxy_pid", d.PID)}
	if d.File != "" {
		attrs = append(attrs, slog.String("file", d.File), slog.Int("line", d.Line))
	}
	return attrs
}

// ParseLog reads what HAProxy wrote, line by line.
func ParseLog(text string) []Diagnostic {
	var out []Diagnostic
	for line := range strings.Lines(text) {
		if d, ok := parseLine(strings.TrimRight(line, "\r\n")); ok {
			out = append(out, d)
		}
	}
	return out
}

// parseLine reads "[ALERT]    (123) : config : parsing [file:4] : what is wrong"; false for an empty line.
func parseLine(line string) (Diagnostic, bool) {
	if strings.TrimSpace(line) == "" {
		return Diagnostic{}, false
	}
	d := Diagnostic{Level: Other, Text: strings.TrimSpace(line)}
	rest, ok := strings.CutPrefix(line, "[")
	if !ok {
		return d, true
	}
	word, rest, ok := strings.Cut(rest, "]")
	if !ok {
		return d, true
	}
	level, ok := levels(word)
	if !ok {
		return d, true
	}
	d.Level = level
	rest = strings.TrimLeft(rest, " ")
	if pid, after, ok := strings.Cut(rest, ")"); ok && strings.HasPrefix(pid, "(") {
		if n, err := strconv.Atoi(pid[1:]); err == nil {
			d.PID, rest = n, after
		}
	}
	d.Text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), ":"))
	d.place()
	return d, true
}

func levels(word string) (Level, bool) {
	switch word {
	case "ALERT", "EMERG", "CRIT":
		return Alert, true
	case "WARNING", "DIAG":
		return Warning, true
	case "NOTICE":
		return Notice, true
	default:
		return "", false
	}
}

// alertsOf leaves the messages that explain a failure: the alerts without HAProxy's summary of them.
func alertsOf(all []Diagnostic) []Diagnostic {
	var out []Diagnostic
	for _, d := range all {
		switch {
		case d.Level != Alert, d.ofCommand():
		case d.File == "" && (strings.HasPrefix(d.Text, "Error(s) found in configuration") ||
			strings.HasPrefix(d.Text, "Fatal errors found in configuration") ||
			strings.Contains(d.Text, "Some protocols failed to start their listeners")):
		default:
			out = append(out, d)
		}
	}
	return out
}

// list prints the first messages as the end of an error.
func list(ds []Diagnostic) string {
	const most = 3
	var b strings.Builder
	for i, d := range ds {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(ds)-most)
			break
		}
		b.WriteString("; ")
		if i == 0 {
			b.Reset()
			b.WriteString(": ")
		}
		b.WriteString(d.String())
	}
	return b.String()
}
