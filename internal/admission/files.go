package admission

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files is a certificate and key that somebody else renews; a changed file is read at the next handshake.
type Files struct {
	Cert, Key string // paths of PEM files

	mu      sync.Mutex // guards what follows
	current *tls.Certificate
	stamp   [2]time.Time
}

// GetCertificate is for a tls.Config. While the files can't be read the last good pair is used.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp, err := f.stamps()
	if err == nil && f.current != nil && stamp == f.stamp {
		return f.current, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(f.Cert, f.Key); err == nil {
			f.current, f.stamp = &pair, stamp
		}
	}
	if f.current == nil {
		return nil, fmt.Errorf("read the webhook's certificate: %w", err)
	}
	return f.current, nil
}

func (f *Files) stamps() (out [2]time.Time, err error) {
	for i, path := range []string{f.Cert, f.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return out, err
		}
		out[i] = info.ModTime()
	}
	return out, nil
}
