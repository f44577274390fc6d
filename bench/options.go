package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// places are the flags that say where programs and files are.
type places struct {
	stand.Options
	profiles string // folder
	keep     string
}

func (p *places) register(f *flag.FlagSet) {
	f.StringVar(&p.Hawser, "hawser", "bin/hawser", "the program that profiles call {hawser}")
	f.StringVar(&p.HAProxy, "haproxy", defaultHAProxy(), "the program that profiles call {haproxy}")
	f.StringVar(&p.ControlPlane, "controlplane", ".cache/e2e/controlplane", "the program that runs an API server")
	f.StringVar(&p.profiles, "profiles", "bench/profiles", "folder of the profiles")
	f.StringVar(&p.Pprof, "pprof", "", "folder for CPU profiles of the controller, at the start and at changes; empty: none are made")
	f.StringVar(&p.keep, "keep", "", "folder that stays, with everything that was written; empty: a temporary one")
}

func defaultHAProxy() string {
	if path := os.Getenv("HAWSER_HAPROXY"); path != "" {
		return path
	}
	return "haproxy"
}

// prepare makes the folder, and the paths of programs independent of the working directory.
func (p *places) prepare() (cleanup func(), err error) {
	cleanup = func() {}
	if p.Dir = p.keep; p.Dir == "" {
		if p.Dir, err = os.MkdirTemp("", "bench"); err != nil {
			return cleanup, err
		}
		dir := p.Dir
		cleanup = func() { _ = os.RemoveAll(dir) }
	}
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return cleanup, err
	}
	for _, path := range []*string{&p.Dir, &p.Hawser, &p.ControlPlane, &p.Pprof} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return cleanup, err
		}
	}
	if p.HAProxy, err = exec.LookPath(p.HAProxy); err != nil {
		return cleanup, err
	}
	if _, err := os.Stat(p.Hawser); err != nil {
		return cleanup, fmt.Errorf("%w; make build builds it", err)
	}
	return cleanup, nil
}

func (p *places) profile(name string) string { return filepath.Join(p.profiles, name+".yaml") }

// generate is the command gen.
func generate(args []string) error {
	f := flag.NewFlagSet("gen", flag.ExitOnError)
	count := f.Int("n", 100, "number of Ingresses")
	out := f.String("out", "", "folder for the manifests")
	_ = f.Parse(args) // it exits by itself
	if *out == "" {
		return errors.New("-out is needed")
	}
	folder, err := gen.NewFolder(*out)
	if err != nil {
		return err
	}
	return gen.Fill(folder, 0, *count, 1)
}

// machineName tells on what was measured: processor, number of cores and memory.
func machineName() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	memory := ""
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int64
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprintf(", %d GiB", (kib+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%s, %d cores%s", model, runtime.NumCPU(), memory)
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	release, _, _ := strings.Cut(strings.TrimSpace(string(text)), "-")
	return release
}

// haproxyVersion is the number in the first line of -v.
func haproxyVersion(program string) string {
	out, err := exec.Command(program, "-v").Output()
	if fields := strings.Fields(string(out)); err == nil && len(fields) > 2 {
		version, _, _ := strings.Cut(fields[2], "-")
		return version
	}
	return "unknown"
}

func hawserVersion(program string) string {
	out, err := exec.Command(program, "version").Output()
	if fields := strings.Fields(string(out)); err == nil && len(fields) > 1 {
		return fields[1]
	}
	return "unknown"
}
