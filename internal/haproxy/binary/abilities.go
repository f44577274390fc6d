package binary

import (
	"context"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// tryAbilities asks the running probe for its commands, and adds a server with each of the options that Hawser gives some.
func tryAbilities(ctx context.Context, dir string) (runtime.Abilities, error) {
	client := runtime.New(runtime.Config{Socket: filepath.Join(dir, commandSocket)})
	known, err := client.Commands(ctx, runtime.Abilities{})
	if err != nil {
		return runtime.Abilities{}, err
	}
	nobody := netip.MustParseAddrPort("127.0.0.1:1") // servers come in maintenance: nothing is sent there
	var add []runtime.Command
	for i, option := range runtime.ServerOptions() {
		add = append(add, runtime.AddServer(serverBackend, "s"+strconv.Itoa(i), nobody, optionWords(dir, option)...))
	}
	return client.TryServerOptions(ctx, add, known)
}

// optionWords is an option with a value that HAProxy takes, if it knows the option. Its files are those of the probe, which
// HAProxy has read when it started: a server that comes later can use no other.
func optionWords(dir, option string) []string {
	switch option {
	case "alpn":
		return []string{option, "h2"}
	case "ca-file":
		return []string{option, filepath.Join(dir, caFileA)}
	case "ciphers":
		return []string{option, "ECDHE-RSA-AES128-GCM-SHA256"}
	case "crt":
		return []string{option, filepath.Join(dir, serverFile)}
	case "max-reuse", "pool-max-conn":
		return []string{option, "1"}
	case "pool-purge-delay":
		return []string{option, "5s"}
	case "sni":
		return []string{option, "str(a.probe)"}
	case "ssl":
		return []string{option, "verify", "none"}
	case "ssl-max-ver", "ssl-min-ver":
		return []string{option, "TLSv1.2"}
	case "verify":
		return []string{option, "none"}
	case "verifyhost":
		return []string{option, hostA}
	default: // has no value, or is a name with its value
		return strings.Fields(option)
	}
}
