package assess_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/hawser-ingress/hawser/internal/assess"
	"github.com/hawser-ingress/hawser/test/browser"
)

// shown opens the page of a report in a browser.
func shown(t *testing.T, b *browser.Browser, r *assess.Report) *browser.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(written(t, "html", r)), 0o600); err != nil {
		t.Fatal(err)
	}
	return b.OpenFile(file)
}

// quiet fails if the page complained, or asked for anything but itself.
func quiet(t *testing.T, p *browser.Page) {
	t.Helper()
	if said := p.Complaints(); len(said) > 0 {
		t.Errorf("the page complains: %q", said)
	}
	if asked := slices.DeleteFunc(p.Requests(), func(u string) bool { return u == "data:," }); len(asked) != 1 {
		t.Errorf("the page asks for more than itself: %q", asked)
	}
}

// names are the Ingresses that are shown, in their order.
func names(p *browser.Page) []string {
	return browser.Eval[[]string](p, `[...document.querySelectorAll("#list > li")].filter(li => !li.hidden).map(li => li.dataset.name)`)
}

func TestPageFiltersSearchesAndSorts(t *testing.T) {
	p := shown(t, browser.Start(t), whole(t))
	risk := names(p)
	all := len(risk)
	if got := p.Text("#shown"); got != "81 Ingresses" || all != 81 {
		t.Fatalf("%d rows, and it says %q", all, got)
	}
	settled := func(text string) {
		t.Helper()
		p.WaitFor(`document.getElementById("shown").textContent == "` + text + `"`)
	}
	for _, outcome := range []string{"served", "foreign", "ignored"} {
		p.Click(`input[value="` + outcome + `"]`)
	}
	settled("5 of 81 Ingresses") // two guards in each forty, and the one whose Secret is gone
	if got := names(p); len(got) != 5 || !strings.HasPrefix(got[0], "shop/a") && !strings.HasPrefix(got[0], "team-") {
		t.Errorf("withheld are %q", got)
	}
	p.Click(`button[type=reset]`)
	settled("81 Ingresses")

	p.Type("#q", "WEB-00011 office")
	settled("1 of 81 Ingresses")
	p.Type("#q", " no such word")
	settled("0 of 81 Ingresses")
	if p.Count("#none") != 1 {
		t.Error("nobody says that nothing is found")
	}
	p.Click(`button[type=reset]`)
	settled("81 Ingresses")

	choose := func(id, value string) {
		browser.Eval[bool](p, `(e => { e.value = "`+value+`"; return e.dispatchEvent(new Event("input", {bubbles: true})); })(document.getElementById("`+id+`"))`)
	}
	choose("namespace", "team-11")
	settled("2 of 81 Ingresses")
	choose("annotation", "nginx.ingress.kubernetes.io/auth-type")
	settled("0 of 81 Ingresses")
	p.Click(`button[type=reset]`)
	settled("81 Ingresses")
	choose("class", "=internal")
	settled("2 of 81 Ingresses")
	p.Click(`button[type=reset]`)
	settled("81 Ingresses")
	choose("order", "name")
	p.WaitFor(`document.querySelector("#list > li").dataset.name == "shop/a"`)
	if got := names(p); !slices.IsSorted(got) {
		t.Errorf("by name it is %q", got)
	}
	choose("order", "risk")
	p.WaitFor(`[...document.querySelectorAll("#list > li")].map(li => li.dataset.name).join() == "` + strings.Join(risk, ",") + `"`)
	browser.Eval[bool](p, `(e => { e.focus(); return document.activeElement === e; })(document.querySelector('button.only[data-key="nginx.ingress.kubernetes.io/auth-type"]'))`)
	p.Press(kb.Enter)
	settled("2 of 81 Ingresses")
	quiet(t, p)
}

func TestPageIsForEveryReader(t *testing.T) {
	p := shown(t, browser.Start(t), whole(t))
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		if faint := p.Faint(); len(faint) > 0 {
			t.Errorf("%s: too faint are %q", scheme, faint)
		}
	}
	p.Press(kb.Tab)
	if got := browser.Eval[string](p, "document.activeElement.textContent"); got != "Skip to the Ingresses" {
		t.Errorf("the first that the keyboard reaches is %q", got)
	}
	p.Press("/")
	if got := browser.Eval[string](p, "document.activeElement.id"); got != "q" {
		t.Errorf("/ goes to %q", got)
	}
	browser.Eval[bool](p, `document.querySelector("#list > li:nth-child(5) summary").focus() === undefined`)
	p.Press(kb.Enter)
	if !browser.Eval[bool](p, `document.querySelector("#list > li:nth-child(5) details").open`) {
		t.Error("Enter does not open an Ingress")
	}
	p.Click("#expand")
	p.WaitFor(`document.getElementById("expand").textContent == "Close all"`)
	if open := browser.Eval[int](p, `document.querySelectorAll("#list details[open]").length`); open != browser.Eval[int](p, `document.querySelectorAll("#list details").length`) {
		t.Errorf("%d are open after all of them were opened", open)
	}
	heard := p.Spoken()
	for _, want := range []browser.Node{
		{Role: "heading", Name: whole(t).Headline()}, {Role: "searchbox", Name: "Search"}, {Role: "combobox", Name: "Namespace"},
		{Role: "group", Name: "Outcome"}, {Role: "region", Name: "Ingresses"}, {Role: "button", Name: "Close all"}, {Role: "navigation", Name: "Parts of the report"},
		{Role: "image", Name: "withheld 5, served with a difference 0, settings ignored 4, served as is 70, left to another controller 2"},
	} {
		if !slices.Contains(heard, want) {
			t.Errorf("a screen reader is not told of %+v", want)
		}
	}
	for _, n := range heard {
		if n.Name == "" && slices.Contains([]string{"button", "link", "checkbox", "combobox", "searchbox", "heading"}, n.Role) {
			t.Errorf("a %s has no name", n.Role)
		}
	}
	for _, width := range []int64{360, 1280} {
		p.Size(width, 800)
		if wide := browser.Eval[int](p, "document.documentElement.scrollWidth"); int64(wide) > width {
			t.Errorf("a window of %d shows a page of %d", width, wide)
		}
	}
	quiet(t, p)
}

func TestPageIsPrintedOpen(t *testing.T) {
	p := shown(t, browser.Start(t), whole(t))
	if browser.Eval[bool](p, `document.querySelector("#list > li:nth-child(5) .body").checkVisibility()`) {
		t.Fatal("the fifth Ingress is open on the screen")
	}
	p.Print()
	if n := p.Count("form, nav, button, .skip"); n > 0 {
		t.Errorf("%d elements are printed that only a screen can use", n)
	}
	if !browser.Eval[bool](p, `[...document.querySelectorAll("#list .body")].every(e => e.checkVisibility() && e.getBoundingClientRect().height > 0)`) {
		t.Error("what is found is not printed")
	}
}

func TestPageWithHostileText(t *testing.T) {
	p := shown(t, browser.Start(t), hostile(t))
	if n := browser.Eval[int](p, `document.querySelectorAll("img, iframe, object, script:not(:last-of-type), [onerror]").length`); n > 0 {
		t.Errorf("%d elements came from text", n)
	}
	if got := browser.Eval[string](p, `document.body.innerText`); !strings.Contains(got, "<script>alert(1)</script>") || !strings.Contains(got, `\u202e`) {
		t.Error("the text is not shown as it is")
	}
	if !browser.Eval[bool](p, `[...document.querySelectorAll("a")].every(a => a.getAttribute("href").startsWith("#"))`) {
		t.Error("a link leads out of the page")
	}
	browser.Eval[bool](p, `(e => { e.selectedIndex = 1; return e.dispatchEvent(new Event("input", {bubbles: true})); })(document.getElementById("class"))`)
	p.WaitFor(`document.getElementById("shown").textContent.includes(" of ")`)
	if got := names(p); len(got) == 0 {
		t.Error("a class of hostile text finds no Ingress")
	}
	quiet(t, p)
}

func TestPageOfFiveThousand(t *testing.T) {
	p := shown(t, browser.Start(t), report(t, input(t, fleet(5000))))
	p.Type("#q", "web-04999")
	p.WaitFor(`document.getElementById("shown").textContent == "1 of 5000 Ingresses"`)
	took := browser.Eval[float64](p, `(() => { const q = document.getElementById("q"); q.value = ""; const start = performance.now();
		document.getElementById("order").value = "host"; document.getElementById("filter").requestSubmit(); document.body.offsetHeight; return performance.now() - start; })()`)
	p.WaitFor(`document.getElementById("shown").textContent == "5000 Ingresses"`)
	t.Logf("sorting and showing 5,000 Ingresses takes %.0f ms", took)
	quiet(t, p)
}

// TestPageWithoutScript changes the script, so that the policy refuses it: the report is there, only the filters are not.
func TestPageWithoutScript(t *testing.T) {
	in := whole(t)
	text := written(t, "html", in)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(strings.Replace(text, "'use strict';", "'use strict'; ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := browser.Start(t).OpenFile(file)
	if p.Count("#filter") != 0 || p.Count("button") != 0 || len(names(p)) != len(in.Ingresses) {
		t.Error("without its script the page has filters, or not every Ingress")
	}
	if said := p.Complaints(); len(said) != 1 || !strings.Contains(said[0], "Content Security Policy") {
		t.Errorf("the policy lets a script in that is not the page's: %q", said)
	}
}
