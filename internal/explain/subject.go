package explain

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// attribute is one attribute of a name; the value keeps its string type.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// rfc2253 writes a distinguished name as OpenSSL does with XN_FLAG_RFC2253: the last attribute first, bytes that are no
// printable ASCII as \XX. It is "" for an empty name, and for one that OpenSSL can't write.
func rfc2253(der []byte) string {
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		return ""
	}
	var b strings.Builder
	for i, rdn := range slices.Backward(rdns) {
		var set []attribute
		if _, err := asn1.UnmarshalWithParams(rdn.FullBytes, &set, "set"); err != nil {
			return ""
		}
		for j, a := range slices.Backward(set) {
			text, ok := a.text()
			if !ok {
				return ""
			}
			b.WriteString(text)
			if j > 0 {
				b.WriteByte('+')
			}
		}
		if i > 0 {
			b.WriteByte(',')
		}
	}
	return b.String()
}

// text is "CN=value"; an attribute or a string type that OpenSSL has no name for is written as hexadecimal DER.
func (a attribute) text() (string, bool) {
	name, known := shortNames()[a.Type.String()]
	if !known {
		return a.Type.String() + "=#" + strings.ToUpper(hex.EncodeToString(a.Value.FullBytes)), true
	}
	value, isText, ok := decode(a.Value)
	if !isText {
		return name + "=#" + strings.ToUpper(hex.EncodeToString(a.Value.FullBytes)), true
	}
	return name + "=" + escape(value), ok
}

// decode gives UTF-8; ok is false for bytes that are none.
func decode(v asn1.RawValue) (value string, isText, ok bool) {
	switch v.Tag {
	case asn1.TagUTF8String:
		return string(v.Bytes), true, utf8.Valid(v.Bytes)
	case asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString, asn1.TagT61String, 26:
		return latin1(v.Bytes), true, true
	case asn1.TagBMPString:
		if len(v.Bytes)%2 != 0 {
			return "", true, false
		}
		var units []uint16
		for i := 0; i < len(v.Bytes); i += 2 {
			units = append(units, uint16(v.Bytes[i])<<8|uint16(v.Bytes[i+1]))
		}
		return string(utf16.Decode(units)), true, true
	default:
		return "", false, true
	}
}

func latin1(in []byte) string {
	var b strings.Builder
	for _, c := range in {
		b.WriteRune(rune(c))
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		edge := c == ' ' && (i == 0 || i == len(s)-1) || c == '#' && i == 0
		switch {
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&b, `\%02X`, c)
		case edge || strings.IndexByte(`,+"\<>;`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// shortNames are those of OpenSSL for what subjects are made of.
func shortNames() map[string]string {
	return map[string]string{
		"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
		"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
		"2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode", "2.5.4.20": "telephoneNumber",
		"2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials", "2.5.4.44": "generationQualifier",
		"2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.72": "role",
		"2.5.4.97":                   "organizationIdentifier",
		"0.9.2342.19200300.100.1.1":  "UID",
		"0.9.2342.19200300.100.1.3":  "mail",
		"0.9.2342.19200300.100.1.25": "DC",
		"1.2.840.113549.1.9.1":       "emailAddress",
		"1.2.840.113549.1.9.2":       "unstructuredName",
		"1.2.840.113549.1.9.8":       "unstructuredAddress",
		"1.3.6.1.4.1.311.60.2.1.1":   "jurisdictionL",
		"1.3.6.1.4.1.311.60.2.1.2":   "jurisdictionST",
		"1.3.6.1.4.1.311.60.2.1.3":   "jurisdictionC",
	}
}
