package model

// Session keeps a client at one endpoint, by a cookie.
type Session struct {
	Name            string
	Path            string
	Domain          string // "": the host of the request only
	Expires         *int   // seconds from now; nil: not said
	MaxAge          *int   // seconds; nil: not said
	SameSite        string // None, Lax or Strict; "": not said
	UnlessMisread   bool   // SameSite=None is left out for browsers that take it for Strict
	Secure          bool   // also on plain HTTP; on HTTPS it always is
	ChangeOnFailure bool   // another try goes to another endpoint, which the client then stays at
}
