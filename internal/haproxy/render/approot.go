package render

import "github.com/hawser-ingress/hawser/internal/haproxy/cfg"

const appRootMap = "maps/app-root.map" // host key -> path

func (r *renderer) anyAppRoot() bool {
	for _, h := range r.model.Hosts {
		if h.AppRoot != "" {
			return true
		}
	}
	return false
}

func (r *renderer) appRootMap() {
	if !r.anyAppRoot() {
		return
	}
	r.bundle.Maps[appRootMap] = nil
	for _, h := range r.model.Hosts {
		if h.AppRoot != "" {
			r.addEntry(appRootMap, h, key(h.Name), h.AppRoot)
		}
	}
}

// appRootRules send a request for "/" elsewhere, before its route is looked at: nginx does so in the server block. The
// Host goes back as it came, with its port.
func (r *renderer) appRootRules() []cfg.Line {
	if !r.anyAppRoot() {
		return nil
	}
	path := cfg.Var("txn.root")
	return []cfg.Line{
		set("txn.root", cfg.Var("txn.key").Conv("map", appRootMap)).If(cfg.Match(cfg.Var("txn.path"), cfg.Exact, "/")),
		redirect(302, cfg.Print(bySecurity("https://", "http://")), cfg.Print(cfg.Fetch("req.fhdr", "host")), cfg.Print(path)).If(cfg.Found(path)),
	}
}
