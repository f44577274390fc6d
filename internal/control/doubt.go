package control

import (
	"context"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// longestDoubt is how long a reload waits after a change that may be half made, whatever the interval of reloads is. It is
// more than nothing, so that changes that fail one after the other make no row of reloads.
const longestDoubt = time.Second

// doubt notes that a change failed, and returns the reason of the reload that is to come.
func (c *Controller) doubt(err error) (reason string) {
	reason, unknown := c.worker.Doubt(err)
	if unknown != "" && !slices.Contains(c.unknown, unknown) {
		c.unknown = append(c.unknown, unknown)
	}
	if soon := time.Now().Add(longestDoubt); c.nextReload.After(soon) {
		c.nextReload = soon
	}
	return reason
}

// abilities asks the worker that has just come up for its commands. If it does not answer, what the binary was found to be
// capable of is assumed; a command that then fails leads to a reload.
func (c *Controller) abilities(ctx context.Context) runtime.Abilities {
	can := c.Abilities
	client, err := c.Process.Runtime()
	if err == nil {
		can, err = client.Commands(ctx, c.Abilities)
	}
	if err != nil {
		c.Log.Warn("HAProxy does not tell its commands", "error", err)
		can = c.Abilities
	}
	for _, verb := range c.unknown {
		can = can.Without(verb)
	}
	return can
}
