package runtime

import (
	"errors"
	"testing"
)

// TestProofsNoticeWhatIsNotThere: each command is proved when it was executed, and not when something else happened.
func TestProofsNoticeWhatIsNotThere(t *testing.T) {
	r := start(t)
	maps, cert := r.path("m.map"), r.path("a.pem")
	first, second := []byte(newCerts(t).bundle("a.test")), []byte(newCerts(t).bundle("a.test"))
	for _, c := range []struct {
		name           string
		claimed, other []Command
	}{
		{"added", []Command{AddMap(maps, "/x y\\", `q"u o`)}, nil},
		{"added otherwise", []Command{AddMap(maps, "/new", "yes")}, []Command{AddMap(maps, "/new", "yes, no")}},
		{"changed", []Command{SetMap(maps, "/a", "3")}, []Command{SetMap(maps, "/b", "3")}},
		{"removed", []Command{DelMap(maps, "/b")}, []Command{DelMap(maps, "/a")}},
		{"certificate", []Command{Cert.Set(cert, first), Cert.Commit(cert)}, []Command{Cert.Set(cert, second), Cert.Commit(cert)}},
	} {
		proofs := Proofs(c.claimed)
		if len(proofs) != 1 {
			t.Fatalf("%s: %d proofs", c.name, len(proofs))
		}
		if c.other != nil {
			if err := r.client.Run(t.Context(), c.other...); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if err := r.client.Check(t.Context(), proofs...); !errors.Is(err, ErrDiffers) {
				t.Errorf("%s: something else is a proof: %v", c.name, err)
			}
		}
		if c.name == "added otherwise" {
			continue // the key is there twice from here on
		}
		if err := r.client.Run(t.Context(), c.claimed...); err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := r.client.Check(t.Context(), proofs...); err != nil {
			t.Errorf("%s: no proof: %v", c.name, err)
		}
	}
}

func TestTheLastOfSeveralCommandsIsProved(t *testing.T) {
	r := start(t)
	cmds := []Command{SetMap(r.path("m.map"), "/a", "2"), SetMap(r.path("m.map"), "/a", "3"), AddPattern(r.path("p.acl"), "two")}
	if err := r.client.Run(t.Context(), cmds...); err != nil {
		t.Fatal(err)
	}
	proofs := Proofs(cmds)
	if err := r.client.Check(t.Context(), proofs...); err != nil || len(proofs) != 1 {
		t.Errorf("%d proofs, %v", len(proofs), err)
	}
}
