package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// tool is a module under test/e2e/tools whose programs are built with the Go toolchain alone.
type tool struct {
	module   string
	programs map[string]string // name of the built file -> name it gets
	ldflags  func(gomod string) string
}

func etcdTool() tool {
	return tool{module: "etcd", programs: map[string]string{"server": "etcd"}}
}

func kubeTool() tool {
	return tool{
		module:   "kube",
		programs: map[string]string{"kube-apiserver": "kube-apiserver", "kube-controller-manager": "kube-controller-manager"},
		ldflags:  kubeVersion,
	}
}

func helmTool() tool {
	return tool{module: "helm", programs: map[string]string{"helm": "helm"}}
}

// Build makes sure that every program of the cluster tests is in the cache. The first time takes minutes. Main does
// it too, while there is a network; doing it before `go test` keeps the time out of the tests' own limit.
func Build() error {
	for _, t := range []tool{etcdTool(), helmTool(), kubeTool()} {
		if _, err := t.folder(); err != nil {
			return err
		}
	}
	return nil
}

// Built reports whether Build would have nothing to do.
func Built() (bool, error) {
	for _, t := range []tool{etcdTool(), helmTool(), kubeTool()} {
		_, target, err := t.places()
		if err != nil {
			return false, err
		}
		if _, err := os.Stat(target); err != nil {
			return false, nil
		}
	}
	return true, nil
}

// Helm is the path of the Helm program that the chart is tested with.
func Helm() (string, error) {
	dir, err := helmTool().folder()
	return filepath.Join(dir, "helm"), err
}

// Root is the top of the source tree, sought from the working folder upwards.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "test", "e2e", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside Hawser's source tree")
		}
	}
}

// folder is where the tool's programs lie; they are built when they are not there for this go.sum and Go release.
func (t tool) folder() (string, error) {
	source, target, err := t.places()
	if err != nil {
		return "", err
	}
	cache := filepath.Dir(target)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(cache, t.module+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("wait for another build of %s: %w", t.module, err)
	}
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if os.Getenv(inside) != "" {
		return "", fmt.Errorf("%s is not built; the tests have no network to build it: go run ./buildservers in test/e2e", t.module)
	}
	return target, t.build(source, target)
}

// places are the folders of the tool's module and of its programs.
func (t tool) places() (source, target string, err error) {
	root, err := Root()
	if err != nil {
		return "", "", err
	}
	source = filepath.Join(root, "test", "e2e", "tools", t.module)
	key, err := t.key(source)
	if err != nil {
		return "", "", fmt.Errorf("tool %s: %w", t.module, err)
	}
	return source, filepath.Join(root, ".cache", "e2e", t.module+"-"+key), nil
}

// key changes with everything that decides what is built.
func (t tool) key(source string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// build fills a folder beside the target and renames it, so that a target is never half filled.
func (t tool) build(source, target string) error {
	dir, err := os.MkdirTemp(filepath.Dir(target), "building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	flags := "-s -w"
	if t.ldflags != nil {
		gomod, err := os.ReadFile(filepath.Join(source, "go.mod"))
		if err != nil {
			return err
		}
		flags += t.ldflags(string(gomod))
	}
	cmd := exec.Command("nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", flags, "-o", dir+"/", "tool")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", t.module, err)
	}
	for built, name := range t.programs {
		if err := os.Rename(filepath.Join(dir, built), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("build %s: %w", t.module, err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := os.Rename(dir, target); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// kubeVersion tells the servers their release, which a build from a module does not know by itself.
func kubeVersion(gomod string) string {
	_, rest, _ := strings.Cut(gomod, "k8s.io/kubernetes v")
	version := strings.FieldsFunc(rest+" ", func(r rune) bool { return r == ' ' || r == '\n' })[0]
	parts := append(strings.SplitN(version, ".", 3), "", "")
	const set = " -X k8s.io/component-base/version."
	return set + "gitVersion=v" + version + set + "gitMajor=" + parts[0] + set + "gitMinor=" + parts[1]
}
