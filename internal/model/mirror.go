package model

// Mirror sends a copy of each request that is served to another service, whose answer nobody waits for.
type Mirror struct {
	Service AuthService
	Host    Template // Host of the copy
	URI     Template // path and query of the copy
	Body    bool     // the copy has the body
}
