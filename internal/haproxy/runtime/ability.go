package runtime

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Abilities are the commands that a HAProxy knows, and the options that it takes for a server that comes at run time. Both
// are found out by asking that HAProxy, never concluded from its version. The zero value knows nothing.
type Abilities struct {
	commands map[string]bool // "add server": as in its help
	options  map[string]bool // "ssl": options of AddServer that were tried
}

// verbs are the commands of this package that change a worker or tell what it has.
func verbs() []string {
	return []string{
		"add acl", "add map", "add server", "add ssl crt-list", "commit ssl ca-file", "commit ssl cert", "commit ssl crl-file",
		"del acl", "del map", "del server", "del ssl cert", "del ssl crt-list", "get map", "new ssl cert",
		"set dynamic-cookie-key", "set map", "set server", "set ssl ca-file", "set ssl cert", "set ssl crl-file", "set ssl tls-key",
		"show acl", "show info", "show map", "show servers state", "show ssl ca-file", "show ssl cert", "show ssl crl-file",
		"show ssl crt-list", "show stat",
	}
}

// Commands asks the worker for its help. The options of servers are those of known, since no server is made to find out.
func (c *Client) Commands(ctx context.Context, known Abilities) (Abilities, error) {
	commands, err := one(ctx, c, command("help").confirmedBy(says("show info")), parseHelp)
	return Abilities{commands: commands, options: known.options}, err
}

func parseHelp(reply string) (map[string]bool, error) {
	out := map[string]bool{}
	for line := range strings.Lines(reply) {
		line = strings.TrimSpace(line) + " "
		for _, verb := range verbs() {
			if strings.HasPrefix(line, verb+" ") || strings.HasPrefix(line, verb+":") {
				out[verb] = true
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: no command in %q", ErrMalformed, shorten(reply))
	}
	return out, nil
}

// TryServerOptions runs commands that add a server with one option each, in a HAProxy that serves nobody. Those that
// succeed tell which options it takes.
func (c *Client) TryServerOptions(ctx context.Context, add []Command, known Abilities) (Abilities, error) {
	replies, err := c.Ask(ctx, add...)
	if err != nil {
		return Abilities{}, err
	}
	options := map[string]bool{}
	for i, cmd := range add {
		if cmd.check(replies[i]) == nil {
			for _, word := range cmd.options() {
				options[word] = true
			}
		}
	}
	return Abilities{commands: known.commands, options: options}, nil
}

// Without is what is left when a command turned out to be unknown, whatever the help says.
func (a Abilities) Without(verb string) Abilities {
	out := Abilities{commands: maps.Clone(a.commands), options: a.options}
	delete(out.commands, verb)
	return out
}

// Lacks tells what the command needs that this HAProxy has not; "" if nothing.
func (a Abilities) Lacks(c Command) string {
	if verb := c.Verb(); !a.commands[verb] {
		return verb
	}
	for _, option := range c.options() {
		if !a.options[option] {
			return "add server … " + option
		}
	}
	return ""
}

// Missing lists what Hawser could use and this HAProxy has not.
func (a Abilities) Missing() []string {
	var out []string
	for _, verb := range verbs() {
		if !a.commands[verb] {
			out = append(out, verb)
		}
	}
	for _, option := range ServerOptions() {
		if !a.options[option] {
			out = append(out, "add server … "+option)
		}
	}
	return out
}

// String is for people.
func (a Abilities) String() string {
	missing := a.Missing()
	switch {
	case len(missing) == 0:
		return "everything"
	case len(a.commands) == 0:
		return "nothing"
	default:
		return "all but " + strings.Join(missing, ", ")
	}
}

// Takes reports whether a server that comes at run time may have the option.
func (a Abilities) Takes(option string) bool { return a.options[option] }

// Verb is the command without its arguments; "" for one that changes nothing and tells nothing.
func (c Command) Verb() string {
	known := verbs()
	for n := 2; n <= 3 && n <= len(c.words); n++ {
		if verb := strings.Join(c.words[:n], " "); slices.Contains(known, verb) {
			return verb
		}
	}
	return ""
}

// ServerOptions are the options of AddServer that Abilities knows of, those that Hawser gives servers.
func ServerOptions() []string {
	return []string{
		"alpn", "ca-file", "ciphers", "crt", "max-reuse", "pool-max-conn", "pool-purge-delay", "proto fcgi", "proto h2", "send-proxy",
		"sni", "ssl", "ssl-max-ver", "ssl-min-ver", "verify", "verifyhost",
	}
}

// options are the names of the options of an "add server", as ServerOptions has them.
func (c Command) options() []string {
	if c.Verb() != "add server" || len(c.words) < 4 {
		return nil
	}
	var out []string
	args := c.words[4:]
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "ssl", args[i] == "send-proxy", i+1 == len(args): // no value
			out = append(out, args[i])
		case args[i] == "proto": // one for each protocol
			out = append(out, args[i]+" "+args[i+1])
			i++
		default:
			out = append(out, args[i])
			i++
		}
	}
	return out
}
