package runtime

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

const (
	awaitTimeout = 2 * time.Second
	awaitPause   = time.Millisecond
)

// Place is a server and the address it is to have.
type Place struct {
	Backend, Server string
	Addr            netip.AddrPort
}

// AwaitAddrs waits until HAProxy uses the addresses that SetServerAddr gave. 3.0 and 3.2 confirm one up to 6 ms before
// they use it (measured; 2.6 uses it at once): a server that gets new requests before that sends them to whoever has
// the old address. After 2 s without the address it fails with ErrRefused.
func (c *Client) AwaitAddrs(ctx context.Context, places ...Place) error {
	missing := map[string][]Place{}
	for _, p := range places {
		missing[p.Backend] = append(missing[p.Backend], p)
	}
	for end := time.Now().Add(awaitTimeout); ; {
		if err := c.dropArrived(ctx, missing); err != nil || len(missing) == 0 {
			return err
		}
		if time.Now().After(end) {
			p := missing[slices.Sorted(maps.Keys(missing))[0]][0]
			return fmt.Errorf("address %s of server %s/%s is not in use: %w", p.Addr, p.Backend, p.Server, ErrRefused)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(awaitPause):
		}
	}
}

// dropArrived asks for the backends that miss something and leaves those that still do.
func (c *Client) dropArrived(ctx context.Context, missing map[string][]Place) error {
	backends := slices.Sorted(maps.Keys(missing))
	var cmds []Command
	for _, b := range backends {
		cmds = append(cmds, ShowServers(b))
	}
	replies, err := c.Ask(ctx, cmds...)
	if err != nil {
		return err
	}
	for i, b := range backends {
		if err := cmds[i].check(replies[i]); err != nil {
			return err
		}
		states, err := parseServerStates(replies[i])
		if err != nil {
			return err
		}
		still := slices.DeleteFunc(missing[b], func(p Place) bool { return slices.ContainsFunc(states, p.is) })
		if missing[b] = still; len(still) == 0 {
			delete(missing, b)
		}
	}
	return nil
}

func (p Place) is(s ServerState) bool {
	return s.Name == p.Server && s.Addr == p.Addr.Addr().Unmap() && s.Port == int(p.Addr.Port())
}
