package oracle

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Load reads every case below root, sorted by name.
func Load(root fs.FS) ([]*Case, error) {
	names, err := fs.Glob(root, "*/*.txtar")
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	slices.Sort(names)
	var cases []*Case
	for _, name := range names {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, fmt.Errorf("read case: %w", err)
		}
		c, err := Parse(strings.TrimSuffix(name, path.Ext(name)), text)
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// Parse reads one case.
func Parse(name string, text []byte) (*Case, error) {
	c := &Case{Name: name}
	for _, f := range txtar.Parse(text).Files {
		if err := c.section(f.Name, f.Data); err != nil {
			return nil, fmt.Errorf("case %s, section %s: %w", name, f.Name, err)
		}
	}
	if len(c.Requests) == 0 || len(c.Requests) != len(c.Answers) {
		return nil, fmt.Errorf("case %s: %d requests, %d answers", name, len(c.Requests), len(c.Answers))
	}
	for i, r := range c.Requests {
		if r.Name != c.Answers[i].Name {
			return nil, fmt.Errorf("case %s: request %q is answered by %q", name, r.Name, c.Answers[i].Name)
		}
	}
	return c, nil
}

func (c *Case) section(name string, data []byte) error {
	switch name {
	case "about":
		return nil
	case "options":
		return c.options(string(data))
	case "configmap.yaml":
		c.ConfigMap = string(data)
	case "manifests.yaml":
		c.Manifests = string(data)
	case "update.yaml":
		c.Update = string(data)
	case "requests.json":
		return json.Unmarshal(data, &c.Requests)
	case "recorded.json":
		recorded := struct {
			Answers *[]Answer `json:"answers"`
		}{&c.Answers}
		return json.Unmarshal(data, &recorded)
	default:
		return fmt.Errorf("unknown section")
	}
	return nil
}

func (c *Case) options(text string) error {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "alone" && len(words) == 1:
			c.Alone = true
		case words[0] == "flags" && len(words) > 1:
			c.Flags = append(c.Flags, words[1:]...)
		default:
			return fmt.Errorf("unknown option %q", strings.TrimSpace(line))
		}
	}
	return nil
}
