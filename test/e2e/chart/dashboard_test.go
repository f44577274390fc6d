package chart_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/promql/parser"
	corev1 "k8s.io/api/core/v1"
)

// dashboard is what the tests read of Grafana's format.
type dashboard struct {
	Title  string
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
	Templating struct{ List []struct{ Name string } }
}

// TestDashboard holds that every query parses once Grafana's variables are filled in, that every variable exists, and
// that no two panels lie on each other.
func TestDashboard(t *testing.T) {
	var config corev1.ConfigMap
	render(t, "monitoring", "ingress").object(t, "ConfigMap", controller+"-dashboard", &config)
	if config.Labels["grafana_dashboard"] != "1" || config.Annotations["grafana_folder"] != "Ingress" {
		t.Errorf("the sidecar would not find it: %v %v", config.Labels, config.Annotations)
	}
	var d dashboard
	if err := json.Unmarshal([]byte(config.Data["hawser.json"]), &d); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"__rate_interval": true}
	for _, v := range d.Templating.List {
		known[v.Name] = true
	}
	variable := regexp.MustCompile(`\$(\w+)`)
	ids, cells, queries := map[int]bool{}, map[[2]int]string{}, 0
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, taken := cells[[2]int{x, y}]; taken {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			queries++
			for _, name := range variable.FindAllStringSubmatch(target.Expr, -1) {
				if !known[name[1]] {
					t.Errorf("%q uses $%s, which is no variable", p.Title, name[1])
				}
			}
			parses(t, p.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	if queries < 20 {
		t.Errorf("the dashboard asks %d things only", queries)
	}
}

func TestAlerts(t *testing.T) {
	var rules monitoring.PrometheusRule
	render(t, "monitoring", "ingress").object(t, "PrometheusRule", controller, &rules)
	if len(rules.Spec.Groups) != 1 || len(rules.Spec.Groups[0].Rules) != 3 {
		t.Fatalf("rules: %+v", rules.Spec)
	}
	for _, r := range rules.Spec.Groups[0].Rules {
		parses(t, r.Alert, r.Expr.String())
	}
}

func parses(t *testing.T, title, query string) {
	t.Helper()
	if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
		t.Errorf("%s: %s: %v", title, query, err)
	}
}

// TestMetricsExist holds that dashboard and alerts ask for metrics that the program has.
func TestMetricsExist(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join(chartDir(t), "..", "..", "internal", "metrics", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range sources {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(data)
	}
	asked := 0
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		data, err := os.ReadFile(filepath.Join(chartDir(t), "files", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\b(?:hawser|nginx_ingress_controller)_[a-z_]+`).FindAllString(string(data), -1) {
			asked++
			name = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			name = strings.TrimPrefix(name, "nginx_ingress_controller_") // which the program puts in front by itself
			if !strings.Contains(code.String(), `"`+name+`"`) {
				t.Errorf("%s asks for %s, which is not to be found", file, name)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d metrics are asked for", asked)
	}
}
