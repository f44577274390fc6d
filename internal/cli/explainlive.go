package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/statuspage"
)

// Bounds of an answer of an admin address.
const (
	liveLimit = 10 * time.Second
	liveBytes = 1 << 20
)

// askLive compares the model with what a running controller serves for a Host header.
func askLive(ctx context.Context, admin string, m *model.Model, host string) (*explain.Live, error) {
	base, err := url.Parse(admin)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, usageError{"explain", fmt.Errorf("--admin %s is no URL such as http://127.0.0.1:10254", admin)}
	}
	ctx, cancel := context.WithTimeout(ctx, liveLimit)
	defer cancel()
	address := strings.TrimSuffix(base.Scheme+"://"+base.Host+base.Path, "/") + "/status.json?host=" + url.QueryEscape(host)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the controller: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the controller: %w", err)
	}
	defer answer.Body.Close()
	var v statuspage.View
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the controller: %s answers %s; does it run with --status-page?", admin, answer.Status)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, liveBytes)).Decode(&v); err != nil {
		return nil, fmt.Errorf("ask the controller: %s gives no status: %w", admin, err)
	}
	out := &explain.Live{Admin: admin, Version: v.Version, State: string(v.State), Text: v.Text}
	if v.Digest == nil {
		return out, nil // nothing is live
	}
	want := explain.DigestOf(m, host)
	out.Host = v.Digest.Host
	out.Routes = v.Digest.Host == want.Host && v.Digest.Routes == want.Routes
	out.Settings = v.Digest.Settings == want.Settings
	out.Same = out.Routes && out.Settings && v.State != statuspage.Down
	return out, nil
}
