package model

// Errors replaces answers with some statuses by what a service says about them. A service that says nothing in time
// leaves the answer as it is.
type Errors struct {
	Codes   []int       // sorted, 400 to 599
	Own     bool        // only answers of the data plane itself, not those of servers
	Service AuthService // asked with the method and the headers of the request
	About   About
}

// About is what a service for errors, or one that stands in for another, is told of the route.
type About struct {
	Namespace, Ingress string // "" for a route that belongs to no Ingress
	Service, Port      string // that the route leads to
}
