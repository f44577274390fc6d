package runtime

import (
	"fmt"
	"strings"
)

// AnchorsOf reads back a file of CAs: the SHA-1 of each certificate's DER in upper-case hex, in HAProxy's order.
func AnchorsOf(file string, judge func([]string) error) Question {
	return Question{showFile(CA, file), func(reply string) error {
		sums, err := parseAnchors(reply)
		if err != nil {
			return err
		}
		return judge(sums)
	}}
}

func showFile(s Store, file string) Command {
	return command("show", "ssl", string(s), file).confirmedBy(says("Filename: " + file))
}

func parseAnchors(reply string) ([]string, error) {
	var out []string
	certs := 0
	for line := range strings.Lines(reply) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "Certificate #") {
			certs++
		}
		if sum, ok := strings.CutPrefix(line, "SHA1 FingerPrint: "); ok {
			out = append(out, sum)
		}
	}
	if certs == 0 || certs != len(out) {
		return nil, fmt.Errorf("%w: %d CAs with %d fingerprints", ErrMalformed, certs, len(out))
	}
	return out, nil
}

// Revocations is a revocation list as HAProxy holds it.
type Revocations struct {
	Updated string   // "Nov 24 18:02:22 2026 GMT", a day of one digit behind two blanks
	Serials []string // hex, as OpenSSL prints them
}

// RevocationsOf reads back a file of revocation lists, in HAProxy's order. An answer that does not fit HAProxy's buffer is
// cut by it.
func RevocationsOf(file string, judge func([]Revocations) error) Question {
	return Question{showFile(CRL, file), func(reply string) error {
		lists, err := parseRevocations(reply)
		if err != nil {
			return err
		}
		return judge(lists)
	}}
}

func parseRevocations(reply string) ([]Revocations, error) {
	var out []Revocations
	for line := range strings.Lines(reply) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "Certificate Revocation List #") {
			out = append(out, Revocations{})
			continue
		}
		if len(out) == 0 {
			continue
		}
		last := &out[len(out)-1]
		if when, ok := strings.CutPrefix(line, "Last Update: "); ok {
			last.Updated = when
		}
		if serial, ok := strings.CutPrefix(line, "    Serial Number: "); ok {
			last.Serials = append(last.Serials, serial)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: no revocation list", ErrMalformed)
	}
	return out, nil
}
