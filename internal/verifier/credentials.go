package verifier

import (
	"encoding/base64"
	"strings"
)

// credentials reads an Authorization header that comes in base64: RFC 7617, with the liberties of nginx (any case of the
// scheme, more than one blank, no padding). A name can't be empty.
func credentials(encoded string) (name, password string, ok bool) {
	header, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	scheme, value, found := strings.Cut(string(header), " ")
	if !found || !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	value = strings.TrimRight(strings.TrimLeft(value, " "), "=")
	pair, err := base64.RawStdEncoding.DecodeString(value)
	if err != nil {
		return "", "", false
	}
	name, password, found = strings.Cut(string(pair), ":")
	return name, password, found && name != ""
}
