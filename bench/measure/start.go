// Package measure has what the benchmark measures, each for any controller that runs: start, changes, a burst of new
// Ingresses, and what a request costs.
//
// A time begins before the change is written and ends with an answer that a client gets; nothing that a controller says
// of itself counts as live. What can't be measured is an error, never a zero.
package measure

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// startLimit bounds the wait for a start, which is a failure then.
const startLimit = 3 * time.Minute

// Started is a start of a controller until every host answered on TLS with its own certificate.
type Started struct {
	First    time.Duration // until the last host answered for the first time; then all were asked
	All      time.Duration // until every host had answered
	CPU      time.Duration // of the controller until then, with the children it waited for
	Children time.Duration // their part of it
}

// Certificates are what the hosts of count sites have to show, by group.
func Certificates(count int) ([][]byte, error) {
	var out [][]byte
	for g := range gen.Groups(count) {
		s, err := gen.Secret(g, 0)
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(s.Data["tls.crt"])
		out = append(out, block.Bytes)
	}
	return out, nil
}

// Start waits for a controller that was just started.
func Start(c *stand.Controller, certificates [][]byte) (Started, error) {
	var s Started
	last := c.Count() - 1
	for !answers(c, last, certificates) {
		if err := c.Ended(); err != nil {
			return s, err
		}
		if time.Since(c.Began()) > startLimit {
			return s, fmt.Errorf("%s does not answer after %s:\n%s", gen.Host(last), startLimit, c.Tail())
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.First = time.Since(c.Began())
	if err := Sweep(c, certificates); err != nil {
		return s, err
	}
	s.All = time.Since(c.Began())
	own, children, err := c.CPU()
	s.CPU, s.Children = own+children, children
	return s, err
}

// Answering waits until a controller answers for its first site on plain HTTP.
func Answering(c *stand.Controller) error {
	for {
		if conn, err := load.Dial(c.Plain(0)); err == nil {
			a, err := conn.Do()
			_ = conn.Close()
			if err == nil && a.Status == 200 {
				return nil
			}
		}
		if err := c.Ended(); err != nil {
			return err
		}
		if time.Since(c.Began()) > startLimit {
			return fmt.Errorf("no answer after %s:\n%s", startLimit, c.Tail())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Sweep asks every host, by a handshake of its own, until it has answered.
func Sweep(c *stand.Controller, certificates [][]byte) error {
	var next atomic.Int64
	var late atomic.Pointer[string]
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for n := int(next.Add(1)) - 1; n < c.Count(); n = int(next.Add(1)) - 1 {
				for !answers(c, n, certificates) {
					if time.Since(c.Began()) > startLimit {
						host := gen.Host(n)
						late.Store(&host)
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	wait.Wait()
	if host := late.Load(); host != nil {
		return fmt.Errorf("%s does not answer after %s:\n%s", *host, startLimit, c.Tail())
	}
	return nil
}

// answers asks a host once, on a connection of its own; without certificates, any will do.
func answers(c *stand.Controller, n int, certificates [][]byte) bool {
	conn, err := load.Dial(c.Secure(n))
	if err != nil {
		return false
	}
	defer conn.Close()
	if certificates != nil && !bytes.Equal(conn.Leaf, certificates[gen.Group(n)]) {
		return false
	}
	sent := time.Now()
	a, err := conn.Do()
	return err == nil && a.Status == 200 && c.Judge(gen.Host(n), a.Endpoint, sent) == load.Right
}
