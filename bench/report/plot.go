package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// panel is one of the small charts: a figure against the number of Ingresses, both on logarithmic axes.
type panel struct {
	title string
	value func(Size) float64
}

func panels() []panel {
	return []panel{
		{"start until every host answers, seconds", func(s Size) float64 { return s.Start }},
		{"controller CPU until then, seconds", func(s Size) float64 { return s.CPU }},
		{"memory of the controller, MiB", func(s Size) float64 { return s.Controller }},
		{"memory of the data plane, MiB", func(s Size) float64 { return s.DataPlane }},
		{"data plane CPU per request, last host, µs", func(s Size) float64 { return s.Request }},
	}
}

// Measures of the drawing, in pixels.
const (
	panelWidth, panelHeight = 360, 210
	left, right, top, below = 52, 16, 34, 30
	columns                 = 2
)

// colours of the sources, in the order of their names; they can be told apart without seeing red or green.
func colours() []string { return []string{"#0b5fa5", "#d1700a", "#6b4fa0"} }

// Plot draws how cost grows. The same figures give the same bytes.
func Plot(sizes []Size) string {
	var used []panel
	for _, p := range panels() {
		if slices.ContainsFunc(sizes, func(s Size) bool { return p.value(s) > 0 }) {
			used = append(used, p)
		}
	}
	rows := (len(used) + columns - 1) / columns
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n",
		columns*panelWidth, rows*panelHeight+24)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	sources := namesOf(sizes)
	for n, p := range used {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", n%columns*panelWidth, n/columns*panelHeight)
		p.draw(&b, sizes, sources)
		b.WriteString("</g>\n")
	}
	for n, s := range sources {
		x := left + n*150
		y := rows*panelHeight + 12
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="4" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, y, colours()[n%3], x+9, y+4, escape(s))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func namesOf(sizes []Size) []string {
	var out []string
	for _, s := range sizes {
		if !slices.Contains(out, s.Source) {
			out = append(out, s.Source)
		}
	}
	slices.Sort(out)
	return out
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func (p panel) draw(b *strings.Builder, sizes []Size, sources []string) {
	x, y := p.axes(sizes)
	fmt.Fprintf(b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", left, escape(p.title))
	for _, tick := range y.ticks() {
		at := y.at(tick)
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, at, panelWidth-right, left-6, at+4, tick)
	}
	for _, tick := range x.ticks() {
		at := x.at(tick)
		fmt.Fprintf(b, `<path d="M%.1f %dV%d" stroke="#dddddd"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n",
			at, top, panelHeight-below, at, panelHeight-below+16, tick)
	}
	for n, source := range sources {
		var points []string
		for _, s := range sizes {
			if v := p.value(s); s.Source == source && v > 0 {
				at := fmt.Sprintf("%.1f,%.1f", x.at(float64(s.Ingresses)), y.at(v))
				points = append(points, at)
				cx, cy, _ := strings.Cut(at, ",")
				fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="3" fill="%s"><title>%s, %d Ingresses: %.3g</title></circle>`+"\n",
					cx, cy, colours()[n%3], escape(source), s.Ingresses, v)
			}
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s"/>`+"\n", strings.Join(points, " "), colours()[n%3])
	}
}

// axis is a logarithmic scale from low to high, powers of ten, on the pixels from begin to end.
type axis struct {
	low, high  float64
	begin, end float64
}

func (p panel) axes(sizes []Size) (x, y axis) {
	var counts, values []float64
	for _, s := range sizes {
		if v := p.value(s); v > 0 {
			counts, values = append(counts, float64(s.Ingresses)), append(values, v)
		}
	}
	return newAxis(counts, left, panelWidth-right), newAxis(values, panelHeight-below, top)
}

func newAxis(values []float64, begin, end float64) axis {
	a := axis{math.Pow(10, math.Floor(math.Log10(slices.Min(values)))), math.Pow(10, math.Ceil(math.Log10(slices.Max(values)))), begin, end}
	if a.low == a.high {
		a.high = a.low * 10
	}
	return a
}

func (a axis) at(v float64) float64 {
	part := (math.Log10(v) - math.Log10(a.low)) / (math.Log10(a.high) - math.Log10(a.low))
	return a.begin + part*(a.end-a.begin)
}

func (a axis) ticks() []float64 {
	var out []float64
	for v := a.low; v <= a.high*1.0001; v *= 10 {
		out = append(out, v)
	}
	return out
}
