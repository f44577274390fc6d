package statuspage

import (
	_ "embed" // the parts of the page
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/page"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// Register answers /status and /status.json, and leads from / to the page. Methods other than GET and HEAD are refused.
func (s *Status) Register(mux *http.ServeMux) error {
	css, js := page.Style(pageCSS), template.JS(pageJS)
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("read the status page: %w", err)
	}
	var html strings.Builder
	if err := t.Execute(&html, map[string]any{"CSS": css, "JS": js}); err != nil {
		return fmt.Errorf("fill the status page: %w", err)
	}
	policy := page.Policy(css, js) + "; connect-src 'self'; frame-ancestors 'none'"
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		protect(w, "text/html; charset=utf-8", policy)
		_, _ = w.Write([]byte(html.String())) // a client that is gone needs no answer
	})
	mux.HandleFunc("GET /status.json", s.serveJSON)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/status", http.StatusFound) })
	return nil
}

// protect: an answer is what it says it is, is not kept, and shows in no other page.
func protect(w http.ResponseWriter, kind, policy string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func (s *Status) serveJSON(w http.ResponseWriter, r *http.Request) {
	protect(w, "application/json", "default-src 'none'; frame-ancestors 'none'")
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		return
	}
	_ = json.NewEncoder(w).Encode(s.answer(q))
}

// answer works out what is asked for, for one client at a time.
func (s *Status) answer(q query) View {
	s.building.Lock()
	defer s.building.Unlock()
	m := s.moment()
	b := s.build(m.live)
	v := s.view(m, b)
	if q.host != "" && b.model != nil {
		d := explain.DigestOf(b.model, q.host)
		v.Digest = &d
	}
	switch q.table {
	case "":
	case Issues:
		v.Table = q.of(issueRows(m.issues()))
	case Changes:
		v.Table = q.of(changeRows(m.changes))
	case Backends:
		stats, err := s.traffic()
		v.Table = q.of(backendRows(stats, m.live.Seats))
		if err != nil {
			v.Table = q.of(nil)
			v.Table.Missing = "HAProxy does not answer."
		}
	default:
		v.Table = q.of(b.tables[q.table])
	}
	return v
}
