package explain

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// Answer is what happens to a request and why. Its JSON form is stable: members are added, never changed.
type Answer struct {
	Request    Asked             `json:"request"`
	Host       Host              `json:"host"`
	TLS        *TLS              `json:"tls,omitempty"`        // not for http
	ClientCert *Policy           `json:"clientCert,omitempty"` // nil: the host asks for none
	Path       *Path             `json:"path,omitempty"`       // nil: answered before the path is looked at
	Route      *Route            `json:"route,omitempty"`      // nil: none
	Settings   []dialect.InForce `json:"settings"`             // annotations and ConfigMap keys that are set for it
	Canary     *Canary           `json:"canary,omitempty"`     // nil: the route has none, or does not get that far
	Backend    *Backend          `json:"backend,omitempty"`
	Result     Result            `json:"result"`
	Headers    []Header          `json:"backendHeaders,omitempty"` // that the backend gets and Hawser decides
	Issues     issue.List        `json:"issues"`                   // about the objects above
	Live       *Live             `json:"live,omitempty"`           // nil: no controller was asked
}

// Asked is the request as it was understood.
type Asked struct {
	Method string `json:"method"`
	Scheme string `json:"scheme"`
	Host   string `json:"host"` // the Host header
	Target string `json:"target"`
}

// Host is the virtual host.
type Host struct {
	Name      string      `json:"name"`  // "" if no Ingress has it
	Match     string      `json:"match"` // exact, alias, wildcard, alias-pattern, catch-all or none
	Ingresses []issue.Ref `json:"ingresses,omitempty"`
}

// TLS is the connection.
type TLS struct {
	SNI         string `json:"sni"`
	Certificate string `json:"certificate"` // of the server: "namespace/name" of the Secret, "" for the default
}

// Policy is what the host wants of client certificates, and what was shown.
type Policy struct {
	Verify      string     `json:"verify"` // on, off, optional, optional_no_ca or deny
	Reason      string     `json:"reason,omitempty"`
	From        issue.Ref  `json:"from"` // the Ingress or ConfigMap that decides
	Secret      string     `json:"secret,omitempty"`
	Authorities []string   `json:"authorities,omitempty"` // subjects
	Depth       int        `json:"depth,omitempty"`
	Revocation  bool       `json:"revocation"`
	MatchCN     string     `json:"matchCN,omitempty"`
	ErrorPage   string     `json:"errorPage,omitempty"`
	PassCert    bool       `json:"passCertificate"`
	HideCANames bool       `json:"hideCANames"`
	Ignored     []string   `json:"ignoredErrors,omitempty"`
	Shown       *Presented `json:"shown,omitempty"` // nil: no certificate was sent
}

// Presented is the certificate that a client sent.
type Presented struct {
	Subject string `json:"subject"`
	Issuer  string `json:"issuer"`
	Code    int    `json:"code"` // of OpenSSL, 0 for a valid certificate
	Name    string `json:"name"`
	Text    string `json:"text"`
}

// Path is what routes are compared with.
type Path struct {
	Raw    string `json:"raw"`
	Normal string `json:"normal"`
}

// Route is the path of an Ingress that serves.
type Route struct {
	Kind    string    `json:"kind"` // Exact, Prefix or Regex
	Path    string    `json:"path"`
	Why     string    `json:"why"`
	Ingress issue.Ref `json:"ingress"`
	Action  string    `json:"action"` // forward, redirect, respond, slash-redirect or withhold
}

// Canary is the other backend for some of the requests.
type Canary struct {
	Ingress issue.Ref `json:"ingress"`
	Service string    `json:"service"` // namespace/name:port
	Chosen  string    `json:"chosen"`  // yes, no or chance
	Why     string    `json:"why"`
}

// Live compares what was explained with what a running controller serves.
type Live struct {
	Admin    string `json:"admin"`
	Version  string `json:"version"` // of the controller
	State    string `json:"state"`   // live, waiting, stale, down or starting, with a sentence in Text
	Text     string `json:"text"`
	Same     bool   `json:"same"`     // the host and the settings are served as explained; endpoints are not compared
	Host     string `json:"host"`     // that serves there; "": none does
	Routes   bool   `json:"routes"`   // the host is the same
	Settings bool   `json:"settings"` // what holds for every host is the same
}

// Backend is where the request goes.
type Backend struct {
	Service   string   `json:"service"` // namespace/name:port
	Endpoints []string `json:"endpoints"`
	Target    string   `json:"target,omitempty"` // path and query that it gets, if they are rewritten
}

// Who answers.
const (
	FromBackend     = "backend"
	FromHawser      = "hawser"
	FromHandshake   = "handshake"   // the TLS connection is not made
	FromPassthrough = "passthrough" // a backend, over a connection that nobody here reads
	FromNobody      = "nobody"      // a TCP port is closed, or its connections are
)

// Result is the answer.
type Result struct {
	From     string   `json:"from"`
	Status   int      `json:"status,omitempty"` // of FromHawser
	Location string   `json:"location,omitempty"`
	Why      string   `json:"why"`
	Headers  []Header `json:"headers,omitempty"` // that Hawser adds to the answer
	// Unless names features of the route that may answer first, which are not evaluated here.
	Unless []string `json:"unless,omitempty"`
}

// Header is a header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
