package browser

import _ "embed"

//go:embed contrast.js
var contrast string

// Faint lists the visible texts that don't stand out from what is behind them as WCAG 2.2 wants at level AA.
func (p *Page) Faint() []string {
	p.b.t.Helper()
	return Eval[[]string](p, contrast)
}
