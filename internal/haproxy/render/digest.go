package render

import (
	"crypto/sha256"
	"encoding/hex"
)

// digest is a text of 64 letters and digits for any other.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
