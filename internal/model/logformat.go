package model

// LogTemplate is a line of the access log that the operator writes; nil: that of LogFormat.
type LogTemplate struct {
	Parts []LogPart
	JSON  bool // what clients send is escaped for JSON
}

// Number is the place of a header among those that the line has.
func (t *LogTemplate) Number(header string) int {
	for i, p := range t.Parts {
		if p.Field == LogHeader && p.Name == header {
			return i
		}
	}
	return -1
}

// LogPart is text, or something of a request and its answer.
type LogPart struct {
	Text  string
	Field LogField // LogNothing: the part is Text
	Name  string   // of LogHeader
}

// LogField is what a line of the access log can tell.
type LogField int

const (
	LogNothing      LogField = iota
	LogClient                // address of the client
	LogClientPort            // its port
	LogUser                  // name of basic authentication
	LogTimeLocal             // when the request came, as nginx writes it
	LogTimeISO               // the same by ISO 8601
	LogRequest               // method, path and version
	LogMethod                // the method
	LogURI                   // path and query as they came
	LogPath                  // the path, decoded and normalised
	LogProtocol              // HTTP/1.1
	LogHost                  // that was asked for
	LogHeader                // a header of the request
	LogID                    // X-Request-ID
	LogStatus                // of the answer
	LogBytes                 // that were sent, with the header
	LogRequestBytes          // that came, with the header
	LogTime                  // seconds that it all took
	LogServer                // address and port of the server
	LogServerTime            // seconds until the header of the answer was there
	LogBackend               // namespace, Service and port with hyphens between them
	LogNamespace             // of the Ingress
	LogIngress               // its name
	LogService               // the Service
	LogServicePort           // its port
	LogTLSVersion            // of the connection
	LogTLSCipher             // of the connection
)
