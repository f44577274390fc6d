package compare

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// shown is how many requests of a group are listed behind its example.
const shown = 5

// WriteText writes the report for a reader: what differs, by kind, with an example and commands to see it.
func WriteText(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Left     %s\nRight    %s\n", r.Left, r.Right)
	fmt.Fprintf(out, "Result   %s\n", r.Sentence())
	if r.Same > 0 {
		fmt.Fprintf(out, "Same     %s\n", r.Agreed())
	}
	if r.Log != nil {
		fmt.Fprintf(out, "Log      %s, %d of them are no request\n", count(r.Log.Lines, "line"), r.Log.Unread)
		for _, s := range r.Log.Samples {
			fmt.Fprintf(out, "         not read: %s\n", issue.Printable(s))
		}
	}
	byID := map[string]Result{}
	for _, result := range r.Requests {
		byID[result.Request.ID] = result
	}
	for i, g := range r.Groups {
		again := i > 0 && g.Verdict == r.Groups[i-1].Verdict && slices.Equal(g.Requests, r.Groups[i-1].Requests)
		writeGroup(out, g, byID, again)
	}
	for _, result := range r.Requests {
		if result.Verdict == Failed {
			fmt.Fprintf(out, "\nFailed: %s: %s\n", issue.Printable(result.Request.String()), issue.Printable(result.Error))
			break
		}
	}
	writeRest(out, r)
	return out.Flush()
}

func writeRest(out io.Writer, r *Report) {
	if len(r.LeftOut) > 0 {
		fmt.Fprintln(out, "\nNot asked:")
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(out, "  %d: %s, such as %s\n", l.Count, l.Reason, issue.Printable(l.Example))
	}
	if len(r.Unused) > 0 {
		fmt.Fprintln(out, "\nAccepted, but not seen; the entries may be removed:")
	}
	for _, e := range r.Unused {
		fmt.Fprintf(out, "  %s\n", issue.Printable(e.String()))
	}
}

// Sentence is the result in a line.
func (r *Report) Sentence() string {
	parts := []string{fmt.Sprintf("%d the same", r.Same), fmt.Sprintf("%d different", r.Different)}
	for _, more := range []struct {
		n    int
		word string
	}{{r.Accepted, "accepted"}, {r.Unsteady, "unsteady"}, {r.Failed, "failed"}} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", more.n, more.word))
		}
	}
	s := count(r.Planned, "request") + ": " + strings.Join(parts, ", ")
	if r.Interrupted {
		s += fmt.Sprintf("; interrupted, %d not asked", r.Planned-r.Compared-r.Failed)
	}
	return s
}

// Agreed lists the answers that are the same, with their numbers.
func (r *Report) Agreed() string {
	var out []string
	for _, answer := range slices.Sorted(maps.Keys(r.Answers)) {
		out = append(out, fmt.Sprintf("%d × %s", r.Answers[answer], answer))
	}
	return strings.Join(out, ", ")
}

// Title says what a group has in common.
func (g Group) Title() string {
	s := g.Field + ": "
	switch {
	case g.Left == absent:
		s += "only on the right"
	case g.Right == absent:
		s += "only on the left"
	case g.Left == "one value":
		s += "another value"
	default:
		s += g.Left + " on the left, " + g.Right + " on the right"
	}
	return s
}

// writeGroup shows the requests of a group unless they are again those of the group before.
func writeGroup(out io.Writer, g Group, byID map[string]Result, again bool) {
	fmt.Fprintf(out, "\n%s (%s of %s)\n", issue.Printable(g.Title()), count(g.Count, "request"), count(len(g.Hosts), "host"))
	switch g.Verdict {
	case Known:
		fmt.Fprintf(out, "  Accepted: %s\n", issue.Printable(g.Reason))
	case Unsteady:
		fmt.Fprintf(out, "  Unsteady: %s.\n", g.Reason)
	case Differs, Failed:
	}
	example := byID[g.Requests[0]]
	if again {
		fmt.Fprintln(out, "  the same requests, such as the one above")
	} else {
		fmt.Fprintf(out, "  %s\n", issue.Printable(About(example.Request)))
	}
	for _, d := range example.Differences {
		if d.Field == g.Field {
			fmt.Fprintf(out, "    left   %s\n    right  %s\n", issue.Printable(short(d.Left)), issue.Printable(short(d.Right)))
		}
	}
	if again {
		return
	}
	if g.Verdict != Known {
		fmt.Fprintf(out, "    %s\n    %s\n", issue.Printable(example.Curl[0]), issue.Printable(example.Curl[1]))
	}
	for i, id := range g.Requests[1:] {
		if i == shown {
			fmt.Fprintf(out, "  and %d more; -o json and -o html have all\n", len(g.Requests)-1-shown)
			break
		}
		fmt.Fprintf(out, "  %s\n", issue.Printable(About(byID[id].Request)))
	}
}

// About is a request with what it tries.
func About(r probe.Request) string { return r.String() + " (" + detail(r) + ")" }

// detail is what a request tries, and what its URL does not tell.
func detail(r probe.Request) string {
	s := string(r.Kind)
	if r.Client != probe.None {
		s += ", certificate " + string(r.Client)
	}
	if r.Secure && r.SNI != r.Host {
		s += ", handshake for " + r.SNI
	}
	if r.From != "" {
		s += ", from " + r.From
	}
	if r.Body > 0 {
		s += fmt.Sprintf(", a body of %d bytes", r.Body)
	}
	if r.Ingress != "" {
		s += ", Ingress " + r.Ingress
	}
	return s
}

// String is an entry in a line.
func (e Entry) String() string {
	var parts []string
	for _, p := range []struct {
		name   string
		values patterns
	}{{"host", e.Hosts}, {"path", e.Paths}, {"method", e.Methods}, {"kind", e.Kinds}, {"field", e.Fields}} {
		if len(p.values) > 0 {
			parts = append(parts, p.name+" "+strings.Join(p.values, ", "))
		}
	}
	return strings.Join(parts, "; ") + ": " + e.Reason
}

// short keeps a value on a line or two.
func short(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return s[:most] + "… (" + strconv.Itoa(len(s)) + " characters)"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// WriteList writes what would be sent, one request per line.
func WriteList(w io.Writer, p probe.Plan) error {
	out := bufio.NewWriter(w)
	for _, r := range p.Requests {
		fmt.Fprintf(out, "%s  %s\n", r.ID, issue.Printable(About(r)))
		for _, h := range r.Headers {
			fmt.Fprintf(out, "            %s\n", issue.Printable(h.Name+": "+h.Value))
		}
	}
	fmt.Fprintf(out, "%s\n", count(len(p.Requests), "request"))
	writeRest(out, &Report{LeftOut: p.LeftOut})
	return out.Flush()
}
