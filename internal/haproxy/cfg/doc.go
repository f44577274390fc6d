// Package cfg is HAProxy's configuration language as Go values: a value can't become a directive.
//
// Every text from outside enters through a constructor that quotes it for the place where it stands, so it comes out of
// HAProxy's parser byte for byte as it went in, in the argument where it was put, or it is refused. The package never
// changes a value silently, never takes a condition, an expression or a directive as a string, and depends on nothing
// but the standard library and the diagnostics.
//
// # Three levels
//
// HAProxy reads a line three times, and each reading has its own rules (manual: configuration.txt):
//
//   - The line is cut into words (2.2 Quoting and escaping). Word, Format, Expr and patterns are written in double
//     quotes with a backslash before `"`, `\` and `$`, and bytes below 0x20 or from 0x7f on as \xNN.
//   - A word that is a log-format (8.2.6 Custom log format) gives % a meaning. Text doubles it; Print and LogVar are the
//     only way to a single one. Header is the Format for places where a line end would begin another header.
//   - The arguments of a sample fetch or converter have quotes of their own (2.2, the regsub example). Fetch and Conv
//     quote each argument that needs it, with a backslash before `"` and `\`.
//
// Conditions (7.1 ACL basics, 7.2 Using ACLs to form conditions) have no parentheses in HAProxy: a Cond is written as an
// OR of ANDs of anonymous ACLs. A pattern that would close the braces or end the list is written as an equivalent match.
//
// # Refusals
//
// What HAProxy can't carry (NUL; an empty word, which ends a line early; more than 64 words) is remembered in the value
// and reported by File.Render with the origins of the line, so building needs no error checks and nothing is half written.
// Map files, crt-lists and the runtime socket have no quoting at all or another one; their types refuse at construction.
package cfg
