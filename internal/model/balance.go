package model

// Balance is how requests are spread over servers. The zero value is one after the other.
type Balance struct {
	LeastConn bool     // the server with the fewest requests under way
	Hash      Template // the same value, the same server, as long as it is there; empty: not by a value
	Subset    int      // a value has up to so many servers, one of them by chance; 0: one
}
