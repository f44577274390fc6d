package runtime

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

const anchorsReply = "Filename: ca/a.pem\nStatus: Used\n \nCertificate #1:\nSerial: 3E36\nSHA1 FingerPrint: 1EBF\nSubject: /CN=one\n \n" +
	"Certificate #2:\nSerial: 053E\nSHA1 FingerPrint: 625B\nSubject: /CN=two\n"

func TestAnchors(t *testing.T) {
	got, err := parseAnchors(anchorsReply)
	if err != nil || !slices.Equal(got, []string{"1EBF", "625B"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, reply := range []string{"", "Filename: ca/a.pem\nStatus: Empty\n", "Certificate #1:\nSerial: 1\n", "SHA1 FingerPrint: 1EBF\n"} {
		if got, err := parseAnchors(reply); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q is read as %q, %v", reply, got, err)
		}
	}
}

const revocationsReply = "Filename: crl/a.pem\nStatus: Used\n \nCertificate Revocation List #1:\nVersion 2\nIssuer: /CN=one\n" +
	"Last Update: Nov  4 18:02:22 2026 GMT\nNext Update: NONE\nNo Revoked Certificates.\n \nCertificate Revocation List #2:\nIssuer: /CN=two\n" +
	"Last Update: Nov 24 18:02:22 2026 GMT\nRevoked Certificates:\n    Serial Number: 0A0B\n        Revocation Date: Nov 24 00:00:00 2025 GMT\n    Serial Number: 0F\n"

func TestRevocations(t *testing.T) {
	got, err := parseRevocations(revocationsReply)
	want := []Revocations{{Updated: "Nov  4 18:02:22 2026 GMT"}, {Updated: "Nov 24 18:02:22 2026 GMT", Serials: []string{"0A0B", "0F"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := parseRevocations("Filename: crl/a.pem\nStatus: Empty\n"); !errors.Is(err, ErrMalformed) {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzTrust(f *testing.F) {
	f.Add(anchorsReply)
	f.Add(revocationsReply)
	f.Fuzz(func(t *testing.T, reply string) {
		if sums, err := parseAnchors(reply); err == nil && len(sums) == 0 {
			t.Error("no certificate, and no error")
		}
		if lists, err := parseRevocations(reply); err == nil && len(lists) == 0 {
			t.Error("no list, and no error")
		}
	})
}
