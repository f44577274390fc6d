package model

// CORS answers browsers that ask for another origin.
type CORS struct {
	AnyOrigin   bool     // "*" is sent, whatever the origin
	Origins     []Origin // otherwise: one of these, which is sent back
	Methods     string
	Headers     string
	Expose      string // "": not sent
	Credentials bool
	MaxAge      int // seconds
}

// Origin is an origin that is let in: "https://shop.example.com", with "*." in front of the host for one label more,
// or "null".
type Origin struct{ Pattern string }
