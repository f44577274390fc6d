package rig

import (
	"encoding/asn1"
	"fmt"
)

// attribute is one attribute of a distinguished name, with the string type
// and the bytes it is encoded with.
type attribute struct {
	oid   asn1.ObjectIdentifier
	tag   int
	value string
}

// The string types that certificates in the field use.
const (
	utf8String      = asn1.TagUTF8String
	printableString = asn1.TagPrintableString
	t61String       = asn1.TagT61String
	ia5String       = asn1.TagIA5String
	bmpString       = asn1.TagBMPString
)

func cn(value string) attribute {
	return attribute{asn1.ObjectIdentifier{2, 5, 4, 3}, utf8String, value}
}
func ou(value string) attribute {
	return attribute{asn1.ObjectIdentifier{2, 5, 4, 11}, utf8String, value}
}
func org(value string) attribute {
	return attribute{asn1.ObjectIdentifier{2, 5, 4, 10}, utf8String, value}
}
func country(value string) attribute {
	return attribute{asn1.ObjectIdentifier{2, 5, 4, 6}, printableString, value}
}
func email(value string) attribute {
	return attribute{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, ia5String, value}
}

// as changes the string type of an attribute.
func (a attribute) as(tag int) attribute {
	a.tag = tag
	return a
}

// name encodes a distinguished name of one attribute per RDN, in the order of
// the certificate (the reverse of RFC 2253).
func name(attributes ...attribute) []byte {
	rdns := make([][]attribute, 0, len(attributes))
	for _, a := range attributes {
		rdns = append(rdns, []attribute{a})
	}
	return nameOf(rdns...)
}

// nameOf encodes a distinguished name whose RDNs may have several attributes.
func nameOf(rdns ...[]attribute) []byte {
	type encoded struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type set []encoded
	sequence := make([]asn1.RawValue, 0, len(rdns))
	for _, rdn := range rdns {
		var members set
		for _, a := range rdn {
			members = append(members, encoded{a.oid, asn1.RawValue{Tag: a.tag, Bytes: []byte(a.value)}})
		}
		der, err := asn1.MarshalWithParams([]encoded(members), "set")
		if err != nil {
			// Only a malformed literal in this package gets here.
			panic(fmt.Sprintf("encode name: %v", err))
		}
		sequence = append(sequence, asn1.RawValue{FullBytes: der})
	}
	der, err := asn1.Marshal(sequence)
	if err != nil {
		panic(fmt.Sprintf("encode name: %v", err))
	}
	return der
}
