package model

// Header is a header with its value.
type Header struct {
	Name  string
	Value Template
}

// HeaderRules are what every request and every answer gets, and what of them is kept.
type HeaderRules struct {
	Request    []Header // set for servers; by name, an empty value takes the header away
	Response   []Header // set in every answer; by name, the values have no variables
	Hide       []string // headers of servers that clients don't get; sorted
	KeepServer bool     // Server of a server reaches the client
	Names      Names    // which headers of clients are kept
	NoID       bool     // a request without X-Request-ID is given none
	Original   bool     // servers get the path and query as they came, in X-Original-URI
}

// Names says which names of headers are kept. What could be taken for a header of the controller never is.
type Names int

const (
	NamesPlain      Names = iota // letters, digits and hyphens
	NamesUnderscore              // underscores as well
	NamesAny
)

// String gives "plain", "underscores" or "any".
func (n Names) String() string { return [...]string{"plain", "underscores", "any"}[n] }

// Replacement puts To where From was.
type Replacement struct{ From, To string }
