package model

import "time"

// ExternalAuth asks a service whether a request may pass. 2xx lets it pass, 401 and 403 are the answer, anything else and
// no answer is 500.
type ExternalAuth struct {
	Service      AuthService
	Host         Template // Host of the question
	URI          Template // path and query of the question
	Method       string
	Headers      []AuthHeader // set in the question, in this order; an empty value removes the header
	Copied       []string     // headers of the answer that the backend gets; a client can't send them
	SignIn       Template     // where a 401 is sent to; nil: nowhere
	AlwaysCookie bool         // cookies of the service reach the client whatever the status of the response
	Cache        *AuthCache   // nil: every request is asked for
}

// AuthHeader is a header of the question.
type AuthHeader struct {
	Name  string
	Value Template
}

// AuthService is where questions go. The certificate of an HTTPS service is not verified.
type AuthService struct {
	TLS       bool
	Name      string    // DNS name or address; "": the host that the client asks for
	Port      uint16    // 0: that of the client's Host, or the usual one
	Backend   BackendID // the Service of this cluster that Name stands for; zero: none is known
	KeepAlive KeepAlive
}

// KeepAlive is how connections are kept; the zero value closes each after its answer.
type KeepAlive struct {
	Idle    int           // connections that wait for the next question
	Timeout time.Duration // that one waits
}

// AuthCache keeps answers without cookies.
type AuthCache struct {
	Route string // questions of other routes are others, whatever their key
	Key   Template
	Valid []CacheTime // the first that fits counts
}

// CacheTime is how long answers with a status are kept.
type CacheTime struct {
	Status int // 0: any
	Time   time.Duration
}
