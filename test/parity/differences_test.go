package parity

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/test/rig"
)

// difference is a class of cases where Hawser does something else than
// ingress-nginx on purpose, or because HAProxy can't do otherwise.
type difference struct {
	class   string
	reason  string
	applies func(testCase, outcome) bool
	// expect turns nginx's outcome into the one that Hawser must have.
	expect func(testCase, outcome) outcome
}

// differences lists every allowed difference with the given HAProxy.
// They are applied in this order, each to what the one before expects.
func differences(t table, under build) []difference {
	all := slices.Concat(t.deliberate(), t.fromHAProxy())
	if under.openssl == "3.6" {
		all = append(all, t.fromNewOpenSSL()...)
	}
	return append(all, t.everywhere()...)
}

// table looks hosts up, as a proxy does.
type table struct {
	hosts []rig.Host
	pki   *rig.PKI
	nginx func(testCase) outcome // what nginx did with another case
}

func newTable(hosts []rig.Host, pki *rig.PKI, cases []testCase, pairs []pair) table {
	outcomes := map[string]outcome{}
	for i, c := range cases {
		outcomes[c.key()] = pairs[i].nginx[0]
	}
	return table{hosts: hosts, pki: pki, nginx: func(c testCase) outcome {
		o, found := outcomes[c.key()]
		if !found {
			o.failure = "the case that this one is derived from isn't part of the matrix"
		}
		return o
	}}
}

// policy is what the Ingresses of a name ask for; nil: nothing.
func (t table) policy(name string) *rig.Auth {
	if h, found := t.find(name); found {
		return h.AuthOf()
	}
	return nil
}

// find looks a host up by the name in a request.
func (t table) find(name string) (rig.Host, bool) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for _, h := range t.hosts {
		suffix, wildcard := strings.CutPrefix(h.Name, "*")
		label, below := strings.CutSuffix(name, suffix)
		if h.Name == name || wildcard && below && label != "" && !strings.Contains(label, ".") {
			return h, true
		}
	}
	return rig.Host{}, false
}

func verifies(auth *rig.Auth, modes ...string) bool {
	return auth != nil && slices.Contains(modes, auth.Verify)
}

// presents tells whether the client's certificate reaches the proxy.
func (t table) presents(c testCase) bool {
	h, found := t.find(c.dial.SNI)
	return found && c.client.Certificate != nil && asks(h)
}

func answered(status int) func(testCase, outcome) outcome {
	return func(_ testCase, o outcome) outcome { return outcome{status: status, handshake: o.handshake} }
}
