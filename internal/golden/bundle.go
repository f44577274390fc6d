package golden

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// File is one part of what HAProxy reads, for a reader.
type File struct{ Name, Text string }

// Bundle writes what differs from a bundle without the feature: the lines of the configuration that are new, under
// their sections, and every table. Certificates are written by their subjects, keys not at all. The frontends are the
// same for every case of a feature, so they may be left out.
func Bundle(b, plain *haproxy.Bundle, frontends bool) []File {
	content, before := b.Files(), plain.Files()
	delete(content, b.Trust.Tickets) // other keys each time
	lines := newLines(string(content[haproxy.ConfigFile].Data), string(before[haproxy.ConfigFile].Data))
	if !frontends {
		lines = frontend.ReplaceAllString(lines, "")
	}
	out := []File{{haproxy.ConfigFile, lines}}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		data := string(content[name].Data)
		file := b.Certs[name].Data != nil || b.Static[name].Data != nil
		switch {
		case name == haproxy.ConfigFile, data == "", file && data == string(before[name].Data), strings.HasSuffix(name, ".lua"):
		case strings.Contains(data, "-----BEGIN"):
			out = append(out, File{name, describe(content[name].Data)})
		case name == "maps/verify-error.map":
			out = append(out, File{name, fmt.Sprintf("(%d verification errors)\n", strings.Count(data, "\n"))})
		default:
			out = append(out, File{name, data})
		}
	}
	return out
}

// newLines keeps lines that the other configuration does not have, and the head of their section.
func newLines(config, other string) string {
	known := map[string]bool{}
	head := ""
	for line := range strings.Lines(other) {
		if !strings.HasPrefix(line, " ") {
			head = line
		}
		known[head+line] = true
	}
	var b strings.Builder
	written := ""
	for line := range strings.Lines(config) {
		if !strings.HasPrefix(line, " ") {
			head = line
			if !known[head+line] && strings.TrimSpace(line) != "" {
				b.WriteString(line)
				written = head
			}
			continue
		}
		if known[head+line] {
			continue
		}
		if written != head {
			b.WriteString(head)
			written = head
		}
		b.WriteString(line)
	}
	return page.ReplaceAllString(b.String(), `page "$1"`)
}

// page is the body of an answer; its title tells enough.
var page = regexp.MustCompile(`content-type text/html string "<html>[^"]*<title>([^<"]*)</title>[^"]*"`)

// frontend is a section with its lines.
var frontend = regexp.MustCompile(`(?m)^frontend .*\n(?: .*\n)*`)

// describe writes a line for each PEM block.
func describe(data []byte) string {
	var b strings.Builder
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			b.WriteString(describeCert(block.Bytes))
		case "X509 CRL":
			list, err := x509.ParseRevocationList(block.Bytes)
			if err != nil {
				fmt.Fprintf(&b, "revocation list: %v\n", err)
				continue
			}
			fmt.Fprintf(&b, "revocation list of %s with %d entries\n", list.Issuer, len(list.RevokedCertificateEntries))
		default:
			fmt.Fprintf(&b, "%s\n", strings.ToLower(block.Type))
		}
	}
	return b.String()
}

func describeCert(der []byte) string {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Sprintf("certificate: %v\n", err)
	}
	text := "certificate " + c.Subject.String()
	if len(c.DNSNames) > 0 {
		text += " for " + strings.Join(c.DNSNames, " ")
	}
	if c.IsCA && (c.MaxPathLen > 0 || c.MaxPathLenZero) {
		text += fmt.Sprintf(", at most %d below", c.MaxPathLen)
	}
	return text + "\n"
}
