package upstream

import (
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/bench/load"
)

func TestItSaysWhereItWasReached(t *testing.T) {
	s, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	c, err := load.Dial(load.Target{Address: s.Addr().String(), Host: "h.example", Path: "/"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if a, err := c.Do(); err != nil || a.Status != 200 || a.Endpoint != "127.0.0.1" || a.Closing {
			t.Fatalf("%+v, %v", a, err)
		}
	}
}

func TestStopEndsConnections(t *testing.T) {
	s, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := load.Target{Address: s.Addr().String(), Host: "h.example", Path: "/", Timeout: time.Second}
	c, err := load.Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do(); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if a, err := c.Do(); err == nil {
		t.Errorf("a stopped upstream answers %+v", a)
	}
	if _, err := load.Dial(target); err == nil {
		t.Error("a stopped upstream takes connections")
	}
}
