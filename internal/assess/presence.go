package assess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Presence says of which kinds an object that is not there is assumed.
type Presence struct {
	auto  bool
	kinds []string
}

// NotAssumed takes what is missing for missing, as in a cluster that was read as a whole.
func NotAssumed() Presence { return Presence{} }

// assumable lists the kinds, as Kubernetes and as the flag write them.
func assumable() map[string]string {
	return map[string]string{"services": "Service", "secrets": "Secret", "configmaps": "ConfigMap"}
}

// ParsePresence reads the words of --assume-present.
func ParsePresence(s string) (Presence, error) {
	switch s {
	case "auto":
		return Presence{auto: true}, nil
	case "none":
		return NotAssumed(), nil
	case "all":
		return Presence{kinds: []string{"Service", "Secret", "ConfigMap"}}, nil
	}
	var p Presence
	for word := range strings.SplitSeq(s, ",") {
		kind, ok := assumable()[strings.TrimSpace(word)]
		if !ok {
			return p, fmt.Errorf("%q is none of auto, all, none, services, secrets, configmaps", word)
		}
		p.kinds = append(p.kinds, kind)
	}
	return p, nil
}

// assumes reports whether a missing object of the kind is assumed. By itself that holds for a kind of which there is none
// at all: then it was not exported.
func (p Presence) assumes(kind string, o *snapshot.Objects) bool {
	if !p.auto {
		return slices.Contains(p.kinds, kind)
	}
	switch kind {
	case "Service":
		return len(o.Services) == 0
	case "Secret":
		return len(o.Secrets) == 0
	case "ConfigMap":
		return len(o.ConfigMaps) == 0
	default:
		return false
	}
}
