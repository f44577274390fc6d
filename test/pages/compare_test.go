// Package pages holds tests of the pages that Hawser writes, in a real browser: they are read, searched, filtered and
// printed, in light and dark, with text that wants to be markup.
package pages

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/compare/probe"
	"github.com/hawser-ingress/hawser/test/browser"
)

const evil = `</script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`

// comparison is a report with every part that the page has.
func comparison() *compare.Report {
	request := func(id, host, target string, kind probe.Kind) probe.Request {
		return probe.Request{ID: id, Kind: kind, Method: "GET", Secure: true, Host: host, SNI: host, Target: target, Ingress: "shop/web", Headers: []probe.Header{{Name: "X-Evil", Value: evil}}}
	}
	curl := [2]string{"curl -k https://shop.test/", "curl -k https://shop.test/" + evil}
	r := &compare.Report{
		Left: compare.Side{Name: "left", HTTPS: "192.0.2.1:443"}, Right: compare.Side{Name: "right", HTTPS: "192.0.2.2:443"},
		Planned: 100, Compared: 100, Same: 40, Different: 57, Accepted: 1, Unsteady: 2, Interrupted: false,
		LeftOut: []probe.LeftOut{{Reason: "no --client-cert is given", Count: 3, Example: evil}},
		Unused:  []compare.Entry{{Fields: []string{"header.old"}, Reason: evil}},
		Log:     &compare.Log{Lines: 200, Read: 199, Unread: 1, Samples: []string{evil}},
	}
	add := func(result compare.Result, g compare.Group) {
		result.Curl = curl
		r.Requests = append(r.Requests, result)
		for i := range r.Groups {
			if r.Groups[i].Field == g.Field && r.Groups[i].Verdict == g.Verdict {
				r.Groups[i].Requests = append(r.Groups[i].Requests, result.Request.ID)
				r.Groups[i].Count++
				return
			}
		}
		g.Requests, g.Hosts, g.Count = []string{result.Request.ID}, []string{result.Request.Host}, 1
		r.Groups = append(r.Groups, g)
	}
	for i := range 57 {
		d := compare.Difference{Field: "status", Left: "200", Right: "403"}
		add(compare.Result{Request: request(fmt.Sprint("s", i), fmt.Sprintf("h%d.test", i%5), fmt.Sprint("/path/", i), probe.Below), Verdict: compare.Differs, Differences: []compare.Difference{d}},
			compare.Group{Field: "status", Left: "200", Right: "403", Verdict: compare.Differs})
	}
	for i := range 2 {
		d := compare.Difference{Field: "header.x-evil", Left: evil, Right: "\x1b[31m", Unsteady: "both sides give another value each time"}
		add(compare.Result{Request: request(fmt.Sprint("u", i), "flaky.test", "/"+evil, probe.Path), Verdict: compare.Unsteady, Differences: []compare.Difference{d}},
			compare.Group{Field: d.Field, Left: "one value", Right: "another value", Verdict: compare.Unsteady, Reason: d.Unsteady})
	}
	d := compare.Difference{Field: "header.server", Left: "nginx", Right: "(absent)", Accepted: "it is " + evil}
	add(compare.Result{Request: request("a", "shop.test", "/", probe.Root), Verdict: compare.Known, Differences: []compare.Difference{d}},
		compare.Group{Field: d.Field, Left: "another value", Right: "(absent)", Verdict: compare.Known, Reason: d.Accepted})
	return r
}

func open(t *testing.T, r *compare.Report) *browser.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := compare.WriteHTML(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return browser.Start(t).OpenFile(file)
}

func TestComparisonIsReadSearchedAndFiltered(t *testing.T) {
	p := open(t, comparison())
	if got := p.Text("h1"); got != "57 of 100 requests are answered differently" {
		t.Errorf("the headline is %q", got)
	}
	shown := func(want int) {
		t.Helper()
		p.WaitFor(fmt.Sprintf("[...document.querySelectorAll('#list > li')].filter(e => !e.hidden).length == %d", want))
	}
	shown(60)
	p.Type("#q", "/path/7 h2.test")
	shown(1)
	if got := p.Text("#shown"); got != "1 of 60 requests" {
		t.Errorf("said is %q", got)
	}
	p.Click("button[type=reset]")
	shown(60)
	p.Click("input[value=different]")
	shown(3)
	p.Click("button[type=reset]")
	shown(60)
	browser.Eval[bool](p, `(() => { const s = document.getElementById("host"); s.value = "h1.test"; s.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	shown(12)
	p.Type("#q", "nothing like it")
	shown(0)
	if p.Count("#none") != 1 {
		t.Error("nothing is said of an empty list")
	}
	p.Click("#groups li:nth-child(2) summary")
	if got := p.Text("#groups li:nth-child(2)"); !strings.Contains(got, "another value each time") || !strings.Contains(got, "curl -k") || !strings.Contains(got, `\x1b[31m`) {
		t.Errorf("a group says %q", got)
	}
	p.Click("#groups li:nth-child(2) button.only")
	shown(2)
	p.Click("#expand")
	if got := p.Count("#list table"); got != 2 {
		t.Errorf("%d requests are open", got)
	}
}

func TestComparisonKeepsToItself(t *testing.T) {
	p := open(t, comparison())
	p.Click("#expand")
	if title := browser.Eval[string](p, "document.title"); title != "Hawser: 57 of 100 requests are answered differently" {
		t.Errorf("the title is %q", title)
	}
	if said := p.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
	asked := p.Requests()
	if others := slices.DeleteFunc(asked, func(s string) bool { return strings.HasPrefix(s, "data:") }); len(others) != 1 {
		t.Errorf("fetched is %q", others)
	}
}

func TestComparisonIsReadable(t *testing.T) {
	p := open(t, comparison())
	p.Click("#groups li summary")
	p.Click("#expand")
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		if faint := p.Faint(); len(faint) > 0 {
			t.Errorf("%s: faint is %q", scheme, faint)
		}
		if dir := os.Getenv("HAWSER_SCREENSHOTS"); dir != "" {
			p.Size(1280, 1000)
			p.Screenshot(filepath.Join(dir, "compare-"+scheme+".png"))
		}
	}
	p.Size(360, 800)
	if wide := browser.Eval[float64](p, "document.documentElement.scrollWidth"); wide > 360 {
		t.Errorf("on a phone the page is %v pixels wide", wide)
	}
	spoken := p.Spoken()
	for _, want := range []browser.Node{{Role: "searchbox", Name: "Search"}, {Role: "heading", Name: "What differs"}, {Role: "heading", Name: "Requests that are not the same"}} {
		if !slices.Contains(spoken, want) {
			t.Errorf("a screen reader is not told %v", want)
		}
	}
	p.Print()
	if p.Count("form") != 0 || p.Count("#list > li") != 60 {
		t.Error("on paper there is a form, or not every request")
	}
}

func TestComparisonWithoutDifferences(t *testing.T) {
	p := open(t, &compare.Report{Planned: 3, Compared: 3, Same: 3})
	if p.Text("h1") != "3 requests: all are answered the same" || !strings.Contains(p.Text("#groups"), "Nothing.") || len(p.Complaints()) > 0 {
		t.Errorf("%q, %q", p.Text("h1"), p.Complaints())
	}
}
