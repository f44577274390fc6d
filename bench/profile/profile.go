// Package profile says of a controller what the benchmark has to know: how it is started, where it listens, which
// processes carry its traffic, and how it counts reloads.
//
// A profile is a file, so another controller is measured without a change of code. Unknown fields and words are errors,
// as a typing error would measure something else.
package profile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// Kinds of Objects.
const (
	Folder  = "folder"  // manifests
	Cluster = "cluster" // an API server
	None    = "none"    // what it serves stands in its files
)

// Profile is one controller. Words in braces in Start and Files are replaced: see Words.
type Profile struct {
	Name    string   `json:"name"`
	Objects string   `json:"objects"` // folder, cluster or none: where it reads the objects
	Start   []string `json:"start"`   // program and arguments
	// Environment is added to that of the benchmark, as NAME=value.
	Environment []string `json:"environment,omitempty"`
	// Files are written before the start, by their path.
	Files map[string]string `json:"files,omitempty"`
	HTTP  string            `json:"http"`            // host:port
	HTTPS string            `json:"https,omitempty"` // host:port
	// DataPlane is the name of the processes below the started one that carry traffic; without it, the started process
	// does everything, and its CPU and memory count as the controller's.
	DataPlane string   `json:"dataPlane,omitempty"`
	Reloads   *Counter `json:"reloads,omitempty"`
	// Profiler is how Go's CPU profile is asked for, if the controller offers one.
	Profiler *Profiler `json:"profiler,omitempty"`
}

// Profiler is an address of Go's net/http/pprof, and what the controller is started with in addition to have it.
type Profiler struct {
	URL       string   `json:"url"` // of the CPU profile, without its seconds
	Arguments []string `json:"arguments,omitempty"`
}

// Counter is a figure in the text format of Prometheus; its series are summed up.
type Counter struct {
	URL    string `json:"url"`
	Metric string `json:"metric"`
	// Labels, such as reason="start", leave out series that have this text among their labels.
	Without string `json:"without,omitempty"`
}

// Words are what the words in braces stand for.
type Words struct {
	Hawser     string // {hawser}: the program of this tree
	HAProxy    string // {haproxy}
	Manifests  string // {manifests}: the folder, where Objects is folder
	Kubeconfig string // {kubeconfig}: an administrator's, where Objects is cluster
	State      string // {state}: a folder for the controller's files
}

// Read reads a profile and checks it.
func Read(path string) (*Profile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	p, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", path, err)
	}
	return p, nil
}

// Parse reads the text of a profile.
func Parse(text []byte) (*Profile, error) {
	p := new(Profile)
	if err := yaml.UnmarshalStrict(text, p); err != nil {
		return nil, err
	}
	switch {
	case p.Name == "":
		return nil, errors.New("it has no name")
	case p.Objects != Folder && p.Objects != Cluster && p.Objects != None:
		return nil, fmt.Errorf("objects: %q is none of folder, cluster, none", p.Objects)
	case len(p.Start) == 0 || p.Start[0] == "":
		return nil, errors.New("start: there is no program")
	case p.HTTP == "":
		return nil, errors.New("http: there is no address")
	case p.Objects != None && p.HTTPS == "":
		return nil, errors.New("https: there is no address")
	case p.Reloads != nil && (p.Reloads.URL == "" || p.Reloads.Metric == ""):
		return nil, errors.New("reloads: url and metric are needed")
	}
	_, err := p.Argv(Words{})
	return p, err
}

// Argv is Start with the words in place.
func (p *Profile) Argv(w Words) ([]string, error) {
	out := make([]string, len(p.Start))
	for n, arg := range p.Start {
		var err error
		if out[n], err = w.fill(arg); err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
	}
	return out, nil
}

// Write writes the files of the profile.
func (p *Profile) Write(w Words) error {
	for path, text := range p.Files {
		at, err := w.fill(path)
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// fill replaces the words of an argument; what is in braces and no word is an error.
func (w Words) fill(text string) (string, error) {
	values := []string{
		"{hawser}", w.Hawser, "{haproxy}", w.HAProxy, "{manifests}", w.Manifests, "{kubeconfig}", w.Kubeconfig, "{state}", w.State,
	}
	out := strings.NewReplacer(values...).Replace(text)
	for n := 1; n < len(values); n += 2 {
		values[n] = ""
	}
	if rest := strings.NewReplacer(values...).Replace(text); strings.ContainsAny(rest, "{}") {
		return "", fmt.Errorf("%q has a word in braces that is not known", text)
	}
	return out, nil
}

// Sum adds up the series of the counter in a scrape. A counter without series is zero.
func (c *Counter) Sum(scrape []byte) (float64, error) {
	var sum float64
	for line := range bytes.Lines(scrape) {
		rest, ok := bytes.CutPrefix(line, []byte(c.Metric))
		if !ok || len(rest) == 0 || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		labels, value := "", string(rest)
		if end := bytes.LastIndexByte(rest, '}'); end >= 0 {
			labels, value = string(rest[:end+1]), string(rest[end+1:])
		}
		if c.Without != "" && strings.Contains(labels, c.Without) {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(value, &v); err != nil {
			return 0, fmt.Errorf("%s: %w", bytes.TrimSpace(line), err)
		}
		sum += v
	}
	return sum, nil
}
