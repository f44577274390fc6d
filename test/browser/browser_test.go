package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/hawser-ingress/hawser/test/browser"
)

const page = `<!doctype html><html lang="en"><head><title>A page</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-%s'; style-src 'unsafe-inline'">
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } } @media print { #box { display: none } }</style></head>
<body><h1>Hello</h1><label>Name <input id="box"></label> <button id="go">Go</button><p id="out" style="color: #aaa"></p>
<script>%s</script><script>document.title = 'refused'</script><img src="http://shop.test/x.png" alt=""></body></html>`

const script = `document.getElementById("go").onclick = () => { document.getElementById("out").textContent = document.getElementById("box").value; console.log("went"); };`

// scriptHash is that of script; the browser prints it when it is wrong.
const scriptHash = "W1877Ma9SdrbqNx2P7UsYEpDxFJrM3R2EINOHIMxxP4="

func open(t *testing.T) *browser.Page {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, page, scriptHash, script)
	}))
	t.Cleanup(server.Close)
	return browser.Start(t).Open(server.URL)
}

func TestAPageIsReadClickedAndTypedInto(t *testing.T) {
	p := open(t)
	p.Type("#box", "some words")
	p.Press(kb.Tab + kb.Enter) // the button has the focus
	p.WaitFor(`document.getElementById("out").textContent == "some words"`)
	if got := p.Text("#out"); got != "some words" {
		t.Errorf("the text is %q", got)
	}
	p.Type("#box", "!")
	p.Click("#go")
	if got := p.Text("#out"); got != "some words!" {
		t.Errorf("after a click the text is %q", got)
	}
	if got := browser.Eval[string](p, "document.title"); got != "A page" {
		t.Errorf("the title is %q: a script ran that the policy refuses", got)
	}
	if p.Count("#box") != 1 || p.Count("h2") != 0 {
		t.Error("elements are counted wrong")
	}
	if faint := p.Faint(); len(faint) != 1 || !strings.Contains(faint[0], "some words!") {
		t.Errorf("the faint texts are %q", faint)
	}
	if nodes := p.Spoken(); !slices.Contains(nodes, browser.Node{Role: "textbox", Name: "Name"}) || !slices.Contains(nodes, browser.Node{Role: "heading", Name: "Hello"}) {
		t.Errorf("a screen reader is told %v", nodes)
	}
}

func TestComplaintsAndRequestsAreKept(t *testing.T) {
	p := open(t)
	p.Click("#go")
	browser.Eval[bool](p, `setTimeout(() => { throw new Error("thrown late") }, 0) > 0`)
	said := strings.Join(p.Complaints(), "\n")
	for _, want := range []string{"console.log", "went", "thrown late", "Content Security Policy"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing is said of %q:\n%s", want, said)
		}
	}
	if requests := p.Requests(); len(requests) == 0 || !strings.HasPrefix(requests[0], "http://127.0.0.1:") {
		t.Errorf("the requests are %q", requests)
	}
}

func TestMediumAndSize(t *testing.T) {
	p := open(t)
	background := func() string { return browser.Eval[string](p, "getComputedStyle(document.body).backgroundColor") }
	p.Scheme("dark")
	if got := background(); got != "rgb(0, 0, 0)" {
		t.Errorf("dark is %s", got)
	}
	p.Scheme("light")
	if got := background(); got != "rgb(255, 255, 255)" {
		t.Errorf("light is %s", got)
	}
	p.Print()
	if p.Count("#box") != 0 {
		t.Error("the box is printed")
	}
	p.Size(400, 300)
	if got := browser.Eval[int](p, "innerWidth"); got != 400 {
		t.Errorf("the window is %d wide", got)
	}
	file := filepath.Join(t.TempDir(), "x.png")
	p.Screenshot(file)
	if data, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("the screenshot is no PNG: %v", err)
	}
}

func TestNothingButThisMachineIsReached(t *testing.T) {
	p := open(t)
	got := browser.Eval[string](p, `new Promise(done => { const i = new Image(); i.onload = () => done("loaded"); i.onerror = () => done("failed"); i.src = "http://shop.test/y.png"; })`)
	if got != "failed" {
		t.Errorf("an image from outside was %s", got)
	}
	file := filepath.Join(t.TempDir(), "local.html")
	if err := os.WriteFile(file, []byte("<!doctype html><title>local</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := browser.Eval[string](browser.Start(t).OpenFile(file), "document.title"); got != "local" {
		t.Errorf("the title of the file is %q", got)
	}
}
