package browser

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Eval gives the value of a JavaScript expression, awaited if it is a promise.
func Eval[T any](p *Page, expression string) T {
	p.b.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, chromedp.EvalAsValue))
	if err != nil {
		p.b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// Text is the text of the first element that a CSS selector finds, as a reader sees it.
func (p *Page) Text(selector string) string {
	p.b.t.Helper()
	return Eval[string](p, "document.querySelector("+strconv.Quote(selector)+").innerText")
}

// Count is how many visible elements a CSS selector finds.
func (p *Page) Count(selector string) int {
	p.b.t.Helper()
	return Eval[int](p, "[...document.querySelectorAll("+strconv.Quote(selector)+")].filter(e => e.getClientRects().length > 0).length")
}

// WaitFor waits until a JavaScript expression is true.
func (p *Page) WaitFor(expression string) {
	p.b.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if Eval[bool](p, "!!("+expression+")") {
			return
		}
	}
	p.b.t.Fatalf("it never was true that %s", expression)
}

// Click clicks the first element that a CSS selector finds, with the mouse.
func (p *Page) Click(selector string) {
	p.b.t.Helper()
	p.do("scroll to "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector)))
	p.settle()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Type gives an element the focus and types into it.
func (p *Page) Type(selector, text string) {
	p.b.t.Helper()
	p.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys, such as kb.Tab of chromedp, wherever the focus is.
func (p *Page) Press(keys string) {
	p.b.t.Helper()
	p.do(fmt.Sprintf("press %q", keys), chromedp.KeyEvent(keys))
}

// Size sets the size of the window in CSS pixels.
func (p *Page) Size(width, height int64) {
	p.b.t.Helper()
	p.do("resize the window", chromedp.EmulateViewport(width, height))
}

// Scheme makes the page "light" or "dark".
func (p *Page) Scheme(scheme string) { p.b.t.Helper(); p.media("", scheme) }

// Print shows the page as it is printed.
func (p *Page) Print() { p.b.t.Helper(); p.media("print", "light") }

func (p *Page) media(media, scheme string) {
	p.b.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // what moves can't be clicked
		},
	})
	if err != nil {
		p.b.t.Fatalf("change the medium: %v", err)
	}
}

// Node is what a screen reader is told of an element.
type Node struct{ Role, Name string }

// Spoken lists what a screen reader is told, in the order of the page.
func (p *Page) Spoken() []Node {
	p.b.t.Helper()
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		p.b.t.Fatalf("ask for what a screen reader is told: %v", err)
	}
	var out []Node
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		out = append(out, Node{spoken(n.Role), spoken(n.Name)})
	}
	return out
}

func spoken(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	text, err := strconv.Unquote(string(v.Value))
	if err != nil {
		return string(v.Value)
	}
	return text
}
