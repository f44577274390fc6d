package model

// FastCGI is how an application that speaks FastCGI is asked.
type FastCGI struct {
	Index  string  // appended to a path that ends with a slash, to name the script; "": nothing
	Params []Param // beside the usual ones, or in their place; by name
}

// Param is a parameter of a request.
type Param struct {
	Name  string
	Value Template
}
