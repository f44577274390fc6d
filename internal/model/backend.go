package model

import (
	"cmp"
	"net/netip"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// BackendID names a group of servers: a port of a service.
type BackendID struct {
	Namespace, Service, Port string // Port as the Ingress writes it: a number or a name
	Virtual                  bool   `json:",omitempty"` // its one server is the virtual address of the service, behind which others choose
}

// String gives namespace/service:port.
func (id BackendID) String() string { return id.Namespace + "/" + id.Service + ":" + id.Port }

// Compare orders IDs.
func (id BackendID) Compare(other BackendID) int {
	return cmp.Or(cmp.Compare(id.Namespace, other.Namespace), cmp.Compare(id.Service, other.Service), cmp.Compare(id.Port, other.Port), compareBool(id.Virtual, other.Virtual))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Backend is a group of servers.
type Backend struct {
	ID        BackendID
	Endpoints []Endpoint // sorted, without duplicates; empty: 503
	Origin    issue.Ref
}

// Endpoint is one server. Exactly one of Addr and Name is set.
type Endpoint struct {
	Addr     netip.Addr
	Name     string // a DNS name that the data plane resolves (ExternalName)
	Port     uint16
	Draining bool // terminating: keeps its connections, gets no new ones
}

// Compare orders endpoints by address, name and port.
func (e Endpoint) Compare(other Endpoint) int {
	return cmp.Or(e.Addr.Compare(other.Addr), cmp.Compare(e.Name, other.Name), cmp.Compare(e.Port, other.Port))
}
