package model

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// Addresses are the networks whose clients a route takes.
type Addresses struct {
	Deny  []netip.Prefix // sorted; refused first
	Allow []netip.Prefix // sorted; empty: everybody that is not denied
}

// BasicAuth asks for a name and a password (RFC 7617).
type BasicAuth struct {
	Realm string
	Users *UserList
}

// UserList are the users of a Secret. What it knows of passwords is not exported, so that no dump of a model shows it.
type UserList struct {
	ID    string // where it comes from: unique among all lists
	users []User
}

// User is a name with the hash of a password, in one of the forms of crypt(3) or htpasswd.
type User struct{ Name, Hash string }

// NewUserList makes a list. Of two users of a name the first counts.
func NewUserList(id string, users []User) *UserList { return &UserList{ID: id, users: users} }

// Version differs whenever the users do. Without the key nobody can find out from it whether he guesses a password.
func (l *UserList) Version(key []byte) string {
	digest := hmac.New(sha256.New, key)
	for _, u := range l.users {
		for _, part := range []string{u.Name, u.Hash} {
			sum := sha256.Sum256([]byte(part))
			digest.Write(sum[:])
		}
	}
	return hex.EncodeToString(digest.Sum(nil))[:32]
}

// Users returns names and hashes, which belong into no log, issue or file.
func (l *UserList) Users() []User { return l.users }

// UserLists returns every list that a route asks for, by ID.
func (m *Model) UserLists() map[string]*UserList {
	out := map[string]*UserList{}
	for _, h := range m.Hosts {
		for _, r := range h.Routes {
			if auth := r.Policy.BasicAuth; auth != nil {
				out[auth.Users.ID] = auth.Users
			}
		}
	}
	return out
}

// Block is what no client may have or say, on any host.
type Block struct {
	Networks []netip.Prefix
	Agents   []Pattern // of User-Agent
	Referers []Pattern // of Referer
}

// Pattern is a text to be compared with.
type Pattern struct {
	Text  string
	Regex bool // an expression that is searched for; otherwise the whole text
	Fold  bool // the case of letters does not count
}
