package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// store keeps blobs under their digest.
type store struct{ dir string }

func digest(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// layer stores a tar compressed. The second result is the digest of the tar itself, which the configuration names.
func (s store) layer(from io.Reader) (descriptor, string, error) {
	file, err := os.CreateTemp(s.dir, "layer-")
	if err != nil {
		return descriptor{}, "", err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	packed, plain := sha256.New(), sha256.New()
	zip := gzip.NewWriter(io.MultiWriter(file, packed))
	if _, err := io.Copy(io.MultiWriter(zip, plain), from); err != nil {
		return descriptor{}, "", err
	}
	if err := zip.Close(); err != nil {
		return descriptor{}, "", err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return descriptor{}, "", err
	}
	if err := file.Chmod(0o644); err != nil {
		return descriptor{}, "", err
	}
	sum := packed.Sum(nil)
	d := descriptor{MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", Digest: digest(sum), Size: size}
	return d, digest(plain.Sum(nil)), os.Rename(file.Name(), filepath.Join(s.dir, hex.EncodeToString(sum)))
}

func (s store) json(mediaType string, value any) (descriptor, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(data)
	d := descriptor{MediaType: mediaType, Digest: digest(sum[:]), Size: int64(len(data))}
	return d, os.WriteFile(filepath.Join(s.dir, hex.EncodeToString(sum[:])), data, 0o644)
}

// ownLayer is the tar of what Hawser adds to the system: its binary, and a folder that its user may write to.
func (i image) ownLayer() ([]byte, error) {
	binary, err := os.ReadFile(i.binary)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	for _, entry := range []struct {
		header tar.Header
		data   []byte
	}{
		{tar.Header{Typeflag: tar.TypeReg, Name: "usr/bin/hawser", Mode: 0o755}, binary},
		{tar.Header{Typeflag: tar.TypeDir, Name: "var/lib/hawser/", Mode: 0o700, Uid: user, Gid: user}, nil},
	} {
		entry.header.ModTime, entry.header.Size = i.created, int64(len(entry.data))
		if err := t.WriteHeader(&entry.header); err != nil {
			return nil, err
		}
		if _, err := t.Write(entry.data); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
