package control

import (
	"bytes"
	"context"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// meanwhile changes what need not wait for the reload that is to come: the servers of backends that are the same
// otherwise. An endpoint that is gone must not get requests for as long as a reload has to wait.
func (c *Controller) meanwhile(ctx context.Context, desired *haproxy.Bundle) {
	reduced := withServers(c.worker.Bundle(), desired)
	plan := c.worker.Plan(reduced)
	if plan.Reload || plan.Empty() {
		return
	}
	client, err := c.Process.Runtime()
	if err != nil {
		return // HAProxy is down, and reads everything when it is up again
	}
	c.files.want(reduced)
	if err := c.worker.Apply(ctx, client, plan); err != nil {
		c.Log.Warn("Servers stay as they are until the reload", "error", err)
	}
}

// withServers is a bundle with the servers that another one has for the same backends.
func withServers(serving, desired *haproxy.Bundle) *haproxy.Bundle {
	next := make(map[string]*haproxy.Backend, len(desired.Backends))
	for _, b := range desired.Backends {
		next[b.Name] = b
	}
	out := *serving
	out.Backends = slices.Clone(serving.Backends)
	for i, b := range out.Backends {
		if other := next[b.Name]; other != nil && b.CookieKey == other.CookieKey && bytes.Equal(b.Rules.Bytes, other.Rules.Bytes) {
			moved := *b
			moved.Servers = other.Servers
			out.Backends[i] = &moved
		}
	}
	return &out
}
