package model

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Stream is a TCP port whose connections go to a backend as they are.
type Stream struct {
	Port        uint16
	Backend     BackendID
	AcceptProxy bool      // clients say who they are (PROXY protocol); others are refused
	SendProxy   bool      // the backend is told who the client is
	Origin      issue.Ref // where the port is asked for
}

// Ref stands for the port, so that one that can't be listened on is closed without the others.
func (s *Stream) Ref() issue.Ref { return PortRef(s.Port) }

// KindPort is the kind of what PortRef returns.
const KindPort = "Port"

// PortRef stands for a TCP port.
func PortRef(port uint16) issue.Ref {
	return issue.Ref{Kind: KindPort, Name: strconv.Itoa(int(port))}
}
