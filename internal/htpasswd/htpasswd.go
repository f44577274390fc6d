// Package htpasswd reads lists of users with hashed passwords and checks a password against them, with the forms that
// nginx knows: crypt(3) of DES, MD5, SHA and bcrypt, Apache's MD5, {SHA}, {SSHA} and {PLAIN}.
//
// No error and no other text of it holds a name, a hash or a password. A hash of an unknown form, or one that would
// take a processor for more than about a second, accepts no password.
package htpasswd

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/GehirnInc/crypt"
	"github.com/GehirnInc/crypt/apr1_crypt"
	"github.com/GehirnInc/crypt/md5_crypt"
	"github.com/GehirnInc/crypt/sha256_crypt"
	"github.com/GehirnInc/crypt/sha512_crypt"
	"golang.org/x/crypto/bcrypt"

	"github.com/hawser-ingress/hawser/internal/model"
)

// What a hash may ask for: bcrypt doubles its work with each step, SHA-crypt states its rounds.
const (
	maxCost   = 14
	maxRounds = 1_000_000
)

// Parse reads a file as nginx does: name, colon, hash, up to another colon or the end of the line. odd are the numbers
// of lines with a hash that Matches never accepts.
func Parse(data []byte) (users []model.User, odd []int) {
	for i, line := range strings.Split(string(data), "\n") {
		name, rest, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		hash := Field(rest)
		if !Known(hash) {
			odd = append(odd, i+1)
		}
		users = append(users, model.User{Name: name, Hash: hash})
	}
	return users, odd
}

// Field cuts a hash off what may stand behind it.
func Field(s string) string {
	if i := strings.IndexAny(s, ":\r\n"); i >= 0 {
		return s[:i]
	}
	return s
}

// Known reports whether any password can match a hash.
func Known(hash string) bool {
	scheme, rest := split(hash)
	switch scheme {
	case "{PLAIN}":
		return true
	case "{SHA}", "{SSHA}":
		sum, err := base64.StdEncoding.DecodeString(rest)
		return err == nil && (len(sum) == sha1.Size || len(sum) > sha1.Size && scheme == "{SSHA}")
	case "$apr1$", "$1$":
		return strings.Contains(rest, "$")
	case "$5$", "$6$":
		return strings.Contains(rest, "$") && rounds(rest) <= maxRounds
	case "$2a$", "$2b$", "$2y$":
		cost, err := bcrypt.Cost([]byte(hash))
		return err == nil && cost <= maxCost
	default:
		return isDES(hash)
	}
}

// Matches reports whether a password is that of a hash. What Known refuses never matches.
func Matches(hash, password string) bool {
	if !Known(hash) {
		return false
	}
	scheme, rest := split(hash)
	switch scheme {
	case "{PLAIN}":
		return same(rest, password)
	case "{SHA}", "{SSHA}":
		want, _ := base64.StdEncoding.DecodeString(rest)
		sum := sha1.Sum([]byte(password + string(want[sha1.Size:])))
		return same(string(want[:sha1.Size]), string(sum[:]))
	case "$apr1$":
		return verify(apr1_crypt.New(), hash, password)
	case "$1$":
		return verify(md5_crypt.New(), hash, password)
	case "$5$":
		return verify(sha256_crypt.New(), hash, password)
	case "$6$":
		return verify(sha512_crypt.New(), hash, password)
	case "$2a$", "$2b$", "$2y$":
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	default:
		return same(hash, desCrypt(password, hash))
	}
}

// verify hashes anew. It hands over the salt alone: the library takes what stands behind it for a part of it where
// rounds are written.
func verify(c crypt.Crypter, hash, password string) bool {
	made, err := c.Generate([]byte(password), []byte(hash[:strings.LastIndexByte(hash, '$')]))
	return err == nil && same(made, hash)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// split cuts the scheme off, "$id$" or "{ID}"; "" if there is none.
func split(hash string) (scheme, rest string) {
	for _, s := range []string{"{PLAIN}", "{SHA}", "{SSHA}", "$apr1$", "$1$", "$5$", "$6$", "$2a$", "$2b$", "$2y$"} {
		if rest, ok := strings.CutPrefix(hash, s); ok {
			return s, rest
		}
	}
	return "", hash
}

// rounds of SHA-crypt are 5000 unless they are written.
func rounds(rest string) int {
	text, ok := strings.CutPrefix(rest, "rounds=")
	if !ok {
		return 5000
	}
	text, _, _ = strings.Cut(text, "$")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		return maxRounds + 1 // crypt(3) would take another number than is written
	}
	return n
}
