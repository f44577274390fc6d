package gen

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Folder is a World of manifests: a file for each object, in a folder for each namespace, so that a change is one file.
type Folder struct{ Dir string }

// NewFolder makes the folders and what every site needs.
func NewFolder(dir string) (Folder, error) {
	f := Folder{dir}
	for _, ns := range append(Namespaces(), SettingsNamespace) {
		if err := os.MkdirAll(filepath.Join(dir, ns), 0o755); err != nil {
			return f, err
		}
	}
	if err := f.put("", "class", Class()); err != nil {
		return f, err
	}
	return f, f.PutSettings(Plain())
}

func (f Folder) path(namespace, name string) string {
	return filepath.Join(f.Dir, namespace, name+".yaml")
}

// put replaces a file in one step.
func (f Folder) put(namespace, name string, object any) error {
	text, err := yaml.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	path := f.path(namespace, name)
	unfinished := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.WriteFile(unfinished, text, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

// PutIngress is of World, as are the others.
func (f Folder) PutIngress(n, service int) error {
	return f.put(Namespace(n), Name(n)+"-ingress", Ingress(n, service))
}

func (f Folder) PutService(n int) error {
	return f.put(Namespace(n), Name(n)+"-service", Service(n))
}

func (f Folder) PutEndpoints(n, first, second int) error {
	return f.put(Namespace(n), Name(n)+"-endpoints", Slice(n, first, second))
}

func (f Folder) PutSecret(group, renewal int) error {
	s, err := Secret(group, renewal)
	if err != nil {
		return err
	}
	return f.put(s.Namespace, s.Name, s)
}

func (f Folder) PutSettings(data map[string]string) error {
	return f.put(SettingsNamespace, SettingsName, Settings(data))
}

func (f Folder) DeleteIngress(n int) error {
	return os.Remove(f.path(Namespace(n), Name(n)+"-ingress"))
}

func (f Folder) DeleteService(n int) error {
	if err := os.Remove(f.path(Namespace(n), Name(n)+"-endpoints")); err != nil {
		return err
	}
	return os.Remove(f.path(Namespace(n), Name(n)+"-service"))
}
