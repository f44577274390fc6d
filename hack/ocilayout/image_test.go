package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sample makes a layout of a root file system with one file.
func sample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var base bytes.Buffer
	w := tar.NewWriter(&base)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "etc/debian_version", Mode: 0o644, Size: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("13\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"base.tar": base.Bytes(), "hawser": []byte("binary")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i := image{
		base: filepath.Join(dir, "base.tar"), binary: filepath.Join(dir, "hawser"), out: filepath.Join(dir, "layout"),
		version: "1.2.3", arch: "amd64", created: time.Unix(1700000000, 0).UTC(),
	}
	if err := i.write(); err != nil {
		t.Fatal(err)
	}
	return i.out
}

// blob reads a blob and holds its digest and size.
func blob(t *testing.T, layout string, d descriptor) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(layout, "blobs", "sha256", strings.TrimPrefix(d.Digest, "sha256:")))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if digest(sum[:]) != d.Digest || int64(len(data)) != d.Size {
		t.Fatalf("blob %s has %d bytes and the digest %s", d.Digest, len(data), digest(sum[:]))
	}
	return data
}

func read[T any](t *testing.T, data []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestLayoutHoldsTogether(t *testing.T) {
	layout := sample(t)
	data, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	list := read[index](t, data)
	whole := read[manifest](t, blob(t, layout, list.Manifests[0]))
	settings := read[config](t, blob(t, layout, whole.Config))
	if settings.Config.User != "10001:10001" || settings.Config.Entrypoint[0] != "/usr/bin/hawser" || settings.Architecture != "amd64" {
		t.Errorf("configuration: %+v", settings)
	}
	names := map[string]tar.Header{}
	for n, layer := range whole.Layers {
		unzipped, err := gzip.NewReader(bytes.NewReader(blob(t, layout, layer)))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(plain); digest(sum[:]) != settings.RootFS.DiffIDs[n] {
			t.Errorf("layer %d unpacks to %s, not %s", n, digest(sum[:]), settings.RootFS.DiffIDs[n])
		}
		for r := tar.NewReader(bytes.NewReader(plain)); ; {
			header, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			names[header.Name] = *header
		}
	}
	if h := names["usr/bin/hawser"]; h.Mode != 0o755 || h.Uid != 0 || h.Size != 6 {
		t.Errorf("the binary: %+v", h)
	}
	if h := names["var/lib/hawser/"]; h.Uid != user || h.Mode != 0o700 {
		t.Errorf("the state folder: %+v", h)
	}
	if _, found := names["etc/debian_version"]; !found {
		t.Error("the root file system is missing")
	}
}

func TestSameInputSameBytes(t *testing.T) {
	first, err := os.ReadFile(filepath.Join(sample(t), "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(sample(t), "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("%s\n%s", first, second)
	}
}

func TestRefusesToOverwrite(t *testing.T) {
	layout := sample(t)
	i := image{base: "b", binary: "h", out: layout}
	if err := i.write(); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("an existing folder: %v", err)
	}
}

func TestLeavesNothingHalfDone(t *testing.T) {
	dir := t.TempDir()
	i := image{base: filepath.Join(dir, "missing.tar"), binary: "h", out: filepath.Join(dir, "layout")}
	if err := i.write(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing base: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
