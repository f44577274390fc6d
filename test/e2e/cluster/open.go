package cluster

import (
	"os"
	"path/filepath"
)

// Open brings a cluster up for a program that is no test, in a network namespace where Address is local. Its files are
// in dir, which is the caller's. Close ends it.
func Open(dir string) (*Cluster, error) {
	if err := os.Setenv(inside, "1"); err != nil { // there is nothing to build from in the namespace
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.start(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the servers, those that need others first.
func (c *Cluster) Close() {
	for _, p := range []*process{c.manager, c.api, c.etcd} {
		if p != nil {
			p.kill()
		}
	}
}

// WriteKubeconfig writes a kubeconfig file of the administrator and returns its path.
func (c *Cluster) WriteKubeconfig() (string, error) {
	path := filepath.Join(c.dir, "kubeconfig")
	return path, writeKubeconfig(path, c.Admin())
}
