package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is one tab.
type Page struct {
	b   *Browser
	ctx context.Context

	mu         sync.Mutex // guards what the events bring
	complaints []string
	requests   []string
}

// Open opens a tab and waits until the address is loaded.
func (b *Browser) Open(address string) *Page {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	p := &Page{b: b, ctx: ctx}
	if err := chromedp.Listen(ctx, p.event); err != nil {
		b.t.Fatalf("listen to a page: %v", err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		b.t.Fatalf("listen to the log of a page: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatalf("listen to the requests of a page: %v", err)
	}
	p.Scheme("light")
	p.do("open "+address, chromedp.Navigate(address))
	return p
}

// OpenFile opens a file of this machine.
func (b *Browser) OpenFile(path string) *Page {
	b.t.Helper()
	whole, err := filepath.Abs(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Open((&url.URL{Scheme: "file", Path: whole}).String())
}

func (p *Page) event(e any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		p.complaints = append(p.complaints, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, a := range e.Args {
			words = append(words, strings.TrimSpace(string(a.Value)+" "+a.Description))
		}
		p.complaints = append(p.complaints, fmt.Sprintf("console.%s: %s", e.Type, strings.Join(words, " ")))
	case *log.EventEntryAdded: // such as what the Content-Security-Policy refuses, or a resource that is missing
		p.complaints = append(p.complaints, fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text))
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Complaints are the lines of the console, uncaught exceptions, and what the browser refused or missed.
func (p *Page) Complaints() []string {
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Requests are the addresses that were asked for, the page's own first.
func (p *Page) Requests() []string {
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// settle lets the page finish what it does now: events come in the order of the answers to commands.
func (p *Page) settle() {
	p.b.t.Helper()
	Eval[bool](p, "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(true), 0)))")
}

// do runs steps under one deadline.
func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.b.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.b.t.Fatalf("%s: %v", what, err)
	}
}

// Screenshot writes a PNG of what is in the window.
func (p *Page) Screenshot(path string) {
	p.b.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.b.t.Fatalf("take a screenshot: %v", err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.b.t.Fatalf("take a screenshot: %v", err)
	}
}
