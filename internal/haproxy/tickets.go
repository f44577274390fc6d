package haproxy

import (
	"crypto/rand"
	"encoding/base64"
)

// TicketKeys is how many keys of TLS tickets HAProxy holds: a ticket of any of them is taken.
const TicketKeys = 3

// ticketKeyBytes are a name, an HMAC key and an AES-256 key.
const ticketKeyBytes = 80

// TicketKey is a new key, as HAProxy reads it.
func TicketKey() string {
	key := make([]byte, ticketKeyBytes)
	rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

func ticketKeys() []byte {
	var out []byte
	for range TicketKeys {
		out = append(out, TicketKey()+"\n"...)
	}
	return out
}
