package control

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// openPorts opens the TCP ports after the first start, which is without them.
func (c *Controller) openPorts(ctx context.Context) {
	if c.Settings.TCPServices.Name == "" {
		return
	}
	c.nextReload = time.Time{}
	if err := c.step(ctx); err != nil && ctx.Err() == nil {
		c.Log.Error("The TCP ports are not open", "error", err)
	}
}

// taken finds the ports of a bundle that somebody else listens on. HAProxy itself would pause its listeners to find out.
func (c *Controller) taken(ctx context.Context, b *haproxy.Bundle, err error) map[issue.Ref]string {
	out := map[issue.Ref]string{}
	if err != nil || b == nil {
		return out
	}
	for _, addr := range b.Ports {
		if c.worker != nil && slices.Contains(c.worker.Bundle().Ports, addr) {
			continue
		}
		if err := process.CheckPorts(ctx, addr); err != nil {
			out[model.PortRef(addr.Port())] = err.Error()
		}
	}
	return out
}

// unbound finds the ports of a bundle that HAProxy could not listen on, where that is why it refused the bundle.
func unbound(b *haproxy.Bundle, err error) map[issue.Ref]string {
	out := map[issue.Ref]string{}
	failed, ok := errors.AsType[*process.BindError](err)
	if !ok {
		return out
	}
	addr, parseErr := netip.ParseAddrPort(failed.Addr)
	if parseErr == nil && slices.ContainsFunc(b.Ports, func(p netip.AddrPort) bool { return p.Port() == addr.Port() }) {
		out[model.PortRef(addr.Port())] = failed.Error()
	}
	return out
}
