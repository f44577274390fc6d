// Package page is what every page that Hawser writes has in common: the style, and the policy that keeps it alone.
//
// A page needs nothing else: no script, style, font or picture from elsewhere, and its policy forbids to fetch any.
package page

import (
	"crypto/sha256"
	_ "embed" // the style
	"encoding/base64"
	"fmt"
	"html/template"
)

//go:embed page.css
var base string

// Style is the common style with what a page adds to it.
func Style(own string) template.CSS { return template.CSS(base + own) }

// Policy is a Content-Security-Policy that allows this style and this script, and nothing else.
func Policy(style template.CSS, script template.JS) string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
		hash(string(style)), hash(string(script)))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Part is a part of a bar.
type Part struct {
	Name  string // of the class that colours it
	Words string // for a reader
	Count int
	From  string // in percent of the bar
	Width string
	Share string // for a reader
}

// Bar places the parts of a whole beside each other.
func Bar(parts []Part) []Part {
	total, before := 0, 0
	for _, p := range parts {
		total += p.Count
	}
	for i := range parts {
		p := &parts[i]
		p.From, p.Width, p.Share = "0", "0", Percent(p.Count, total)
		if total > 0 {
			p.From = fmt.Sprintf("%.3f", 100*float64(before)/float64(total))
			p.Width = fmt.Sprintf("%.3f", 100*float64(p.Count)/float64(total))
		}
		before += p.Count
	}
	return parts
}

// Percent is rounded down: 100 % is all of them.
func Percent(n, of int) string {
	switch {
	case of == 0:
		return "–"
	case n == of:
		return "100 %"
	default:
		return fmt.Sprintf("%.1f %%", float64(n*1000/of)/10)
	}
}
