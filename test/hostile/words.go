package hostile

import (
	"fmt"
	"slices"
	"strings"
)

// texts want to end a word, a line, an expression, a condition, a section, a map entry or a command.
func texts() []string {
	return []string{
		"x\nglobal\n    stats socket /tmp/evil level admin", "x\r\n    http-request return status 200", "a b", "a\tb", "#", "# x",
		`"`, `'`, `\`, `\"`, `"\n`, "$HOME", "${HOME}", "%[src]", "%", "%%", "{", "}", "{ always_true }", "|| { src 0.0.0.0/0 }", "!",
		"if TRUE", "unless FALSE", ",lower", "),lower", "(", ")", "map(/etc/passwd)", "../../etc/passwd", "/../x", "..", ".", "-f /etc/passwd",
		"-m reg .*", "--", ";", "; show info", "<<", "<<EOF", "\x00", "\x01", "\x1b[31m", "\x7f", "\x80", "\xff\xfe", "ü", "*", "!*", "_", "a:b:c:d",
		"hawser-not-found", "hawser-seen", "hawser-spare-1", "@1", "#0x1234", "|", "r|hawser-not-found", strings.Repeat("a", 300), strings.Repeat("/x", 3000),
		"on\nverify none", "optional]", "[verify none]", "crt-ignore-err all", "(?i)x", "[", "(", "a{1,2}", "(?#", `\Q`, "^", "$", ".*", "\\n",
	}
}

// meant are the directives that the renderer writes; of those with an action, the action too.
func meant() []string {
	return []string{
		"global", "default-path", "stats", "maxconn", "log", "log-format", "mworker-max-reloads", "hard-stop-after", "tune.bufsize",
		"tune.maxrewrite", "tune.ssl.lifetime", "tune.ssl.cachesize", "tune.ssl.default-dh-param", "ssl-default-bind-options", "ssl-default-bind-ciphers",
		"defaults", "mode", "option", "timeout", "balance", "retries", "retry-on", "errorfile", "resolvers", "parse-resolv-conf", "hold",
		"accepted_payload_size",
		"http-request wait-for-body", "http-request lua.hawser_measure", "filter", "http-error status", "http-after-response set-status",
		"fcgi-app", "docroot", "no", "set-param", "use-fcgi-app",
		"frontend", "bind", "use_backend", "default_backend", "backend", "server", "stick-table",
		"tcp-request session set-var", "tcp-request connection set-var", "http-request set-var", "http-request unset-var", "http-request return", "http-request del-header", "http-request set-header",
		"http-request redirect", "http-request disable-l7-retry", "http-request track-sc2",
		"http-after-response del-header", "http-after-response set-header", "http-after-response add-header",
		"set-var", ".if", ".endif", "tune.lua.bool-sample-conversion", "lua-load-per-thread", "http-request set-log-level",
		"http-request set-var-fmt", "http-request lua.hawser_ask", "http-request lua.hawser_recall", "http-request lua.hawser_keep", "http-reuse",
		"acl", "hash-type", "http-request set-path", "http-request replace-pathq", "http-response replace-header", "http-response del-header",
		"http-request set-query", "http-request add-header", "http-request reject", "compression",
		"filter", "http-error status", "http-after-response set-status", "http-request wait-for-body", "http-request lua.hawser_measure",
		"http-request lua.hawser_error", "http-response lua.hawser_error", "http-request lua.hawser_mirror",
	}
}

// directives reads a configuration as HAProxy does (manual 2.2) and names the directive of each line. It is written
// apart from the package that quotes, on purpose.
func directives(config string) ([]string, error) {
	var out []string
	for n, line := range strings.Split(config, "\n") {
		words, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if len(words) == 0 {
			continue
		}
		name := words[0]
		if strings.HasPrefix(name, "http-") {
			action, _, _ := strings.Cut(words[1], "(")
			name += " " + action
		}
		if name == "tcp-request" {
			action, _, _ := strings.Cut(words[2], "(")
			name += " " + words[1] + " " + action
		}
		out = append(out, name)
	}
	return out, nil
}

func split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c < ' ' && c != '\t' || c >= 0x7f:
			return nil, fmt.Errorf("a bare byte %#x", c)
		case quote == '\'':
			if c == '\'' {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '\\':
			if i+1 == len(line) {
				return nil, fmt.Errorf("a backslash ends it")
			}
			i++
			word.WriteByte(line[i])
			open = true
		case c == '"' && quote == '"':
			quote = 0
		case c == '"' || c == '\'' && quote == 0:
			quote, open = c, true
		case quote == '"':
			if c == '$' {
				return nil, fmt.Errorf("an environment variable")
			}
			word.WriteByte(c)
		case c == ' ' || c == '\t':
			if open {
				words, open = append(words, word.String()), false
				word.Reset()
			}
		case c == '#':
			return nil, fmt.Errorf("a comment")
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

// unmeant returns the directives that the renderer does not write.
func unmeant(config string) ([]string, error) {
	all, err := directives(config)
	if err != nil {
		return nil, err
	}
	known := meant()
	ends := 0 // of rules, which nobody else may end: one for each of the two frontends
	return slices.DeleteFunc(all, func(d string) bool {
		if d == "http-request allow" {
			ends++
			return ends <= 2
		}
		return slices.Contains(known, d)
	}), nil
}
