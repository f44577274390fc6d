package model

// Retry says when a request is sent again. Without causes it never is.
type Retry struct {
	On        []RetryCause // sorted
	Tries     int          // the first one included
	AnyMethod bool         // also for methods that change something
}

// RetryCause is what happened to a try: a word below, or a status of the server.
type RetryCause string

// The causes that are no status.
const (
	RetryError   RetryCause = "error"          // no connection, or one that ends without an answer
	RetryTimeout RetryCause = "timeout"        // no answer in time
	RetryInvalid RetryCause = "invalid_header" // an answer that is none
)

// RetryCauses lists all of them.
func RetryCauses() []RetryCause {
	return []RetryCause{RetryError, RetryTimeout, RetryInvalid, "403", "404", "429", "500", "502", "503", "504"}
}
