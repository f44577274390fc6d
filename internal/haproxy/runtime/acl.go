package runtime

import (
	"context"
	"strings"
)

// AddPattern adds a pattern to a pattern file ("-f") of conditions. Files of maps need AddMap instead.
func AddPattern(file, pattern string) Command {
	return command("add", "acl", file, reference(pattern))
}

// DelPattern removes every pattern with this text; ErrNotFound when there is none.
func DelPattern(file, pattern string) Command {
	return command("del", "acl", file, reference(pattern))
}

// ReplacePatterns exchanges all patterns of a file in one moment.
func (c *Client) ReplacePatterns(ctx context.Context, file string, patterns []string) error {
	return c.replace(ctx, "acl", file, func(version string) ([]Command, error) {
		var cmds []Command
		for _, p := range patterns {
			cmds = append(cmds, command("add", "acl", "@"+version, file, reference(p)))
		}
		return cmds, nil
	})
}

// Patterns lists a pattern file in the order HAProxy keeps it.
func (c *Client) Patterns(ctx context.Context, file string) ([]string, error) {
	return one(ctx, c, showPatterns(file), parsePatterns)
}

func showPatterns(file string) Command { return command("show", "acl", file).confirmedBy(mapAnswer) }

func parsePatterns(reply string) ([]string, error) {
	var out []string
	for line := range strings.Lines(reply) {
		_, pattern, err := cutEntry(line)
		if err != nil {
			return nil, err
		}
		if pattern != "" {
			out = append(out, pattern)
		}
	}
	return out, nil
}
