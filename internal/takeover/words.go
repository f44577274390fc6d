package takeover

import (
	"fmt"
	"strings"
)

// path is where the API server has the object; kinds that a takeover never writes have none.
func (c Change) path() (string, error) {
	for _, part := range []string{c.Namespace, c.Name} {
		if strings.ContainsAny(part, "/?#%") || part == "." || part == ".." {
			return "", fmt.Errorf("%q is no name of an object", part)
		}
	}
	group, resource, namespaced := "", "", false
	switch c.Kind {
	case "Deployment":
		group, resource, namespaced = "apps", "deployments", true
	case "DaemonSet":
		group, resource, namespaced = "apps", "daemonsets", true
	case "Service":
		group, resource, namespaced = "", "services", true
	case "IngressClass":
		group, resource = "networking.k8s.io", "ingressclasses"
	case "ValidatingWebhookConfiguration":
		group, resource = "admissionregistration.k8s.io", "validatingwebhookconfigurations"
	case "ClusterRole":
		group, resource = "rbac.authorization.k8s.io", "clusterroles"
	case "ClusterRoleBinding":
		group, resource = "rbac.authorization.k8s.io", "clusterrolebindings"
	case "RoleBinding":
		group, resource, namespaced = "rbac.authorization.k8s.io", "rolebindings", true
	default:
		return "", fmt.Errorf("a takeover never writes a %q", c.Kind)
	}
	if c.Name == "" || namespaced != (c.Namespace != "") {
		return "", fmt.Errorf("%s %q of namespace %q can't be", c.Kind, c.Name, c.Namespace)
	}
	path := "/api/v1"
	if group != "" {
		path = "/apis/" + group + "/v1"
	}
	if namespaced {
		path += "/namespaces/" + c.Namespace
	}
	return path + "/" + resource + "/" + c.Name, nil
}

// Words name the change in a line.
func (c Change) Words() string {
	name := c.Name
	if c.Namespace != "" {
		name = c.Namespace + "/" + c.Name
	}
	return fmt.Sprintf("%s %s %s", c.Verb, c.Kind, name)
}

// Command is what would do the same by hand.
func (c Change) Command() string {
	words := []string{"kubectl"}
	if c.Namespace != "" {
		words = append(words, "-n", c.Namespace)
	}
	kind := strings.ToLower(c.Kind)
	switch c.Verb {
	case Create:
		return "echo " + quote(string(c.Object)) + " | " + strings.Join(append(words, "create", "-f", "-"), " ")
	case Delete:
		words = append(words, "delete", kind, c.Name)
	default:
		words = append(words, "patch", kind, c.Name, "-p", quote(string(c.Patch)))
	}
	return strings.Join(words, " ")
}

// quote keeps a shell from reading anything into a word.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
