package model

// Template is text with variables of a request, parsed once. The empty Template is the empty text.
type Template []Part

// Part is a piece of text, or a variable.
type Part struct {
	Text string
	Var  Variable // VarNone: the part is Text
	Name string   // of VarHeader, VarCookie, VarArgument; the number of VarCapture
}

// Variable is something that a request has.
type Variable int

const (
	VarNone         Variable = iota
	VarHost                  // the host that is asked for: lower case, without port
	VarHostHeader            // the Host header as it came
	VarScheme                // http or https
	VarRequestURI            // path and query as they came
	VarEscapedURI            // the same, percent-encoded for use in a query
	VarPath                  // the path, decoded and normalised
	VarQuery                 // the query without "?"
	VarMethod                // the method
	VarClientAddr            // the address of the client
	VarServerPort            // the port that was connected to
	VarRequestID             // X-Request-ID
	VarHeader                // a header of the request, "" if absent
	VarCookie                // a cookie, "" if absent
	VarArgument              // an argument of the query, "" if absent
	VarCapture               // a group of the expression that the path matched
	VarCertVerify            // SUCCESS, NONE or FAILED:reason
	VarCertSubject           // subject of the client certificate, RFC 2253
	VarCertIssuer            // issuer of the client certificate, RFC 2253
	VarCertPEM               // the client certificate, URL-encoded PEM
	VarForwardedFor          // X-Forwarded-For of the client with the client's address appended
	VarSuffix                // "?" and the query, or nothing
	VarBareURI               // path and query as they came, without a slash at the end
	VarListenPort            // the public port of the scheme
	VarPortSuffix            // ":" and that port, or nothing if it is the usual one
	VarScript                // of FastCGI: the path that servers get, with the index if it ends with a slash
	VarMore                  // "&" and the query, or nothing
	VarOwn                   // a variable that statements of the route set
	VarGroup                 // a group of the expression of a test: its ID, "_" and the number
	VarCame                  // a header as the client sent it, where the controller sends another one; "" if absent
	VarQuestion              // "?" if there is a query that is not empty
)

// Text makes a template without variables.
func Text(s string) Template {
	if s == "" {
		return nil
	}
	return Template{{Text: s}}
}

// Constant returns the text of a template without variables.
func (t Template) Constant() (string, bool) {
	out := ""
	for _, p := range t {
		if p.Var != VarNone {
			return "", false
		}
		out += p.Text
	}
	return out, true
}
