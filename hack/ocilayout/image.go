package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// user is who runs the image; the chart and docs/image.md name the same.
const user = 10001

type image struct {
	base, binary, out, version, arch string
	created                          time.Time
}

// descriptor points at a blob, as the OCI image specification has it.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type config struct {
	platform
	Created time.Time `json:"created"`
	Config  run       `json:"config"`
	RootFS  rootFS    `json:"rootfs"`
	History []step    `json:"history"`
}

type run struct {
	User         string              `json:"User"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts"`
	Env          []string            `json:"Env"`
	Entrypoint   []string            `json:"Entrypoint"`
	Cmd          []string            `json:"Cmd"`
	Labels       map[string]string   `json:"Labels"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type step struct {
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by"`
}

// write makes the layout in a folder beside the target and renames it, so that a target is whole or absent.
func (i image) write() error {
	if i.base == "" || i.binary == "" || i.out == "" {
		return errors.New("give -base, -binary and -out")
	}
	if _, err := os.Lstat(i.out); err == nil {
		return fmt.Errorf("%s exists", i.out)
	}
	work, err := os.MkdirTemp(filepath.Dir(i.out), ".layout-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	blobs := store{filepath.Join(work, "blobs", "sha256")}
	if err := os.MkdirAll(blobs.dir, 0o755); err != nil {
		return err
	}
	list, err := i.fill(blobs)
	if err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(work, "index.json"), list); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(work, "oci-layout"), map[string]string{"imageLayoutVersion": "1.0.0"}); err != nil {
		return err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	return os.Rename(work, i.out)
}

// fill puts layers, configuration and manifest into the store and returns the index of them.
func (i image) fill(blobs store) (*index, error) {
	base, err := os.Open(i.base)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	system, systemID, err := blobs.layer(base)
	if err != nil {
		return nil, fmt.Errorf("layer of %s: %w", i.base, err)
	}
	own, err := i.ownLayer()
	if err != nil {
		return nil, err
	}
	program, programID, err := blobs.layer(bytes.NewReader(own))
	if err != nil {
		return nil, err
	}
	here := platform{Architecture: i.arch, OS: "linux"}
	settings, err := blobs.json("application/vnd.oci.image.config.v1+json", config{
		platform: here, Created: i.created, Config: i.run(),
		RootFS: rootFS{Type: "layers", DiffIDs: []string{systemID, programID}},
		History: []step{
			{Created: i.created, CreatedBy: "Debian and its HAProxy"}, {Created: i.created, CreatedBy: "Hawser " + i.version},
		},
	})
	if err != nil {
		return nil, err
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	whole, err := blobs.json(manifestType, manifest{
		SchemaVersion: 2, MediaType: manifestType, Config: settings, Layers: []descriptor{system, program},
	})
	if err != nil {
		return nil, err
	}
	whole.Platform = &here
	whole.Annotations = map[string]string{"org.opencontainers.image.ref.name": i.version}
	return &index{
		SchemaVersion: 2, MediaType: "application/vnd.oci.image.index.v1+json", Manifests: []descriptor{whole},
	}, nil
}

func (i image) run() run {
	return run{
		User:         fmt.Sprintf("%d:%d", user, user),
		ExposedPorts: map[string]struct{}{"80/tcp": {}, "443/tcp": {}, "8443/tcp": {}, "10254/tcp": {}},
		Env:          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Entrypoint:   []string{"/usr/bin/hawser"},
		Cmd:          []string{"run"},
		Labels: map[string]string{
			"org.opencontainers.image.title":   "hawser",
			"org.opencontainers.image.version": i.version,
			"org.opencontainers.image.source":  "https://github.com/hawser-ingress/hawser",
		},
	}
}

func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
