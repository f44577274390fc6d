package runtime

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// AdminState is what an operator asks of a server.
type AdminState string

const (
	Ready AdminState = "ready"
	Drain AdminState = "drain" // no new sessions but those persistence sends there
	Maint AdminState = "maint"
)

// SetServerAddr gives a server another address.
//
// 3.0 and later apply it a moment after they confirm it: a slot in maintenance gets its address first, and Ready only
// after AwaitAddrs.
func SetServerAddr(backend, server string, addr netip.AddrPort) Command {
	return command("set", "server", backend+"/"+server, "addr", addr.Addr().Unmap().String(),
		"port", strconv.Itoa(int(addr.Port()))).confirmedBy(addressTaken)
}

// addressTaken accepts "IP changed from …, port changed from … by 'stats socket command'" and its variants.
func addressTaken(reply string) bool {
	reply = strings.TrimSpace(reply)
	for _, start := range []string{"IP changed from", "port changed from", "no need to change the addr"} {
		if strings.HasPrefix(reply, start) && !strings.Contains(reply, "\n") {
			return true
		}
	}
	return false
}

// SetServerState moves a server to an administrative state.
func SetServerState(backend, server string, state AdminState) Command {
	return command("set", "server", backend+"/"+server, "state", string(state))
}

// SetServerWeight sets the absolute weight, 0 to 256.
func SetServerWeight(backend, server string, weight int) Command {
	return command("set", "server", backend+"/"+server, "weight", strconv.Itoa(weight))
}

// EnableHealth starts the health checks that "add server … check" configures without starting them.
func EnableHealth(backend, server string) Command {
	return command("enable", "health", backend+"/"+server)
}

// AddServer creates a server, in maintenance, with the arguments of a server line. It needs "balance" with a dynamic
// algorithm (roundrobin, leastconn, random, first).
func AddServer(backend, server string, addr netip.AddrPort, args ...string) Command {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	words := append([]string{"add", "server", backend + "/" + server, addr.String()}, args...)
	return command(words...).confirmedBy(says("New server registered."))
}

// SetCookieKey makes the cookies of all servers of a backend anew, which those of AddServer have none without. With the
// same key they stay the same.
func SetCookieKey(backend, key string) Command {
	return command("set", "dynamic-cookie-key", "backend", backend, key)
}

// DelServer removes a server that is in maintenance and has no connections left; otherwise it fails with ErrInUse.
func DelServer(backend, server string) Command {
	return command("del", "server", backend+"/"+server).confirmedBy(says("Server deleted."))
}

// ShutdownSessions cuts every session of a server.
func ShutdownSessions(backend, server string) Command {
	return command("shutdown", "sessions", "server", backend+"/"+server)
}

// ServerState is one row of "show servers state".
type ServerState struct {
	Backend, Name string
	ID            int
	Addr          netip.Addr // invalid: unresolved, a socket, or none
	FQDN          string
	Port          int
	Op            int // 0 stopped, 1 starting, 2 running, 3 stopping
	Admin         int // bits, see InMaint and Draining
	Weight        int
	CheckResult   int // 0 unknown, 1 neutral, 2 failed or passed by CheckHealth, 3 passed, 4 passed conditionally
	UseTLS        bool
}

// Running says that the server takes requests, as far as its checks know.
func (s ServerState) Running() bool { return s.Op == 2 }

// InMaint says that the server is in maintenance by any reason: forced, inherited, configured or unresolved.
func (s ServerState) InMaint() bool { return s.Admin&(0x01|0x02|0x04|0x20|0x40) != 0 }

// Draining says that the server was asked to take no new sessions.
func (s ServerState) Draining() bool { return s.Admin&(0x08|0x10) != 0 }

// ShowServers asks for the servers of a backend, or of all when backend is empty.
func ShowServers(backend string) Command { return withBackend(backend, "show", "servers", "state") }

// ServerStates lists the servers of a backend, or of all when backend is empty.
func (c *Client) ServerStates(ctx context.Context, backend string) ([]ServerState, error) {
	return one(ctx, c, ShowServers(backend), parseServerStates)
}

// ServerConns is one row of "show servers conn".
type ServerConns struct {
	Backend, Name string
	Used, Idle    int
}

// ServerConns counts the connections to the servers of a backend, or of all when backend is empty.
func (c *Client) ServerConns(ctx context.Context, backend string) ([]ServerConns, error) {
	return one(ctx, c, withBackend(backend, "show", "servers", "conn"), parseServerConns)
}

func withBackend(backend string, words ...string) Command {
	if backend != "" {
		words = append(words, backend)
	}
	return command(words...).confirmedBy(answer)
}

func parseServerStates(reply string) ([]ServerState, error) {
	version, rest, _ := strings.Cut(reply, "\n")
	if version != "1" {
		return nil, fmt.Errorf("%w: format %q of the server state", ErrMalformed, shorten(version))
	}
	t, err := parseTable(rest)
	if err != nil {
		return nil, err
	}
	if err := t.need("be_name", "srv_name", "srv_id", "srv_addr", "srv_op_state", "srv_admin_state", "srv_uweight", "srv_port"); err != nil {
		return nil, err
	}
	out := make([]ServerState, 0, len(t.rows))
	for _, row := range t.rows {
		s := ServerState{Backend: t.text(row, "be_name"), Name: t.text(row, "srv_name")}
		numbers := []struct {
			column string
			into   *int
		}{
			{"srv_id", &s.ID}, {"srv_port", &s.Port}, {"srv_op_state", &s.Op}, {"srv_admin_state", &s.Admin},
			{"srv_uweight", &s.Weight},
		}
		for _, n := range numbers {
			if *n.into, err = t.number(row, n.column); err != nil {
				return nil, err
			}
		}
		s.CheckResult = atoi(t.text(row, "srv_check_result"))
		s.UseTLS = t.text(row, "srv_use_ssl") == "1"
		s.Addr, _ = netip.ParseAddr(t.text(row, "srv_addr"))
		if fqdn := t.text(row, "srv_fqdn"); fqdn != "-" {
			s.FQDN = fqdn
		}
		out = append(out, s)
	}
	return out, nil
}

func parseServerConns(reply string) ([]ServerConns, error) {
	t, err := parseTable(reply)
	if err != nil {
		return nil, err
	}
	if err := t.need("bkname/svname", "used_cur", "idle_cur"); err != nil {
		return nil, err
	}
	out := make([]ServerConns, 0, len(t.rows))
	for _, row := range t.rows {
		var s ServerConns
		var ok bool
		if s.Backend, s.Name, ok = strings.Cut(t.text(row, "bkname/svname"), "/"); !ok {
			return nil, fmt.Errorf("%w: server %q", ErrMalformed, row[0])
		}
		if s.Used, err = t.number(row, "used_cur"); err != nil {
			return nil, err
		}
		s.Idle = atoi(t.text(row, "idle_cur")) // 2.6 leaves it out for a server that never had a connection pool
		out = append(out, s)
	}
	return out, nil
}
