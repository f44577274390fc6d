// Package binary finds out what a HAProxy binary is and can do, before any traffic depends on it.
//
// Inspect reads what the binary says of itself; Probe tries, on a throw-away process, whether TLS sessions of one host
// prove anything under another. A binary that can't do the work is an error that says what is missing, and whatever a
// probe can't settle counts as unsafe.
package binary
