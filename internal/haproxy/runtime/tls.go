package runtime

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Store is a kind of TLS file that HAProxy changes by transactions. HAProxy has one transaction of each kind at a
// time; a confirmation is accepted only when it names the file, since 2.6 answers a Set for a second file with the
// name of the first and changes that (measured).
type Store string

const (
	Cert Store = "cert"     // certificate chain with its key
	CA   Store = "ca-file"  // trust anchors
	CRL  Store = "crl-file" // revocation lists
)

// New creates an empty entry with that file name; nothing needs to be on disk.
func (s Store) New(file string) Command {
	return command("new", "ssl", string(s), file).confirmedBy(says("'"+file+"'", s.created()))
}

func (s Store) created() string {
	if s == Cert {
		return "New empty certificate store"
	}
	return "file created"
}

// Set begins or extends the transaction with PEM that the caller has parsed and encoded anew. One command carries
// all: tune.bufsize must be larger.
func (s Store) Set(file string, pem []byte) Command {
	return command("set", "ssl", string(s), file).with(pem).confirmedBy(func(reply string) bool {
		// "Transaction created for certificate F!", "transaction updated for CA F!"
		words, ok := strings.CutSuffix(strings.TrimSpace(reply), " "+file+"!")
		if !ok {
			return false
		}
		words = strings.ToLower(words)
		return strings.HasPrefix(words, "transaction created for ") || strings.HasPrefix(words, "transaction updated for ")
	})
}

// AddCA appends to the transaction that Set has begun for a CA file; 3.0 and later, ErrUnknown before.
func AddCA(file string, pem []byte) Command {
	c := CA.Set(file, pem)
	c.words[0] = "add"
	return c
}

// Commit makes the transaction's content live.
func (s Store) Commit(file string) Command {
	return command("commit", "ssl", string(s), file).confirmedBy(func(reply string) bool {
		progress, ok := strings.CutPrefix(strings.TrimSpace(reply), "Committing "+file)
		progress = strings.TrimLeft(progress, ".") // one for each few places where the file is used
		return ok && strings.HasPrefix(progress, "\n") && strings.HasSuffix(progress, "\nSuccess!")
	})
}

// Abort drops the transaction.
func (s Store) Abort(file string) Command {
	return command("abort", "ssl", string(s), file).confirmedBy(says("Transaction aborted for", "'"+file+"'"))
}

// Del removes an entry; ErrInUse while a crt-list or bind refers to it.
func (s Store) Del(file string) Command {
	return command("del", "ssl", string(s), file).confirmedBy(says("'" + file + "' deleted!"))
}

// AddCrtList appends a line to a crt-list: the certificate, options such as "verify", "optional", and SNI filters.
// The words of the line are what a crt-list file has, and may hold no blank or bracket of their own.
func AddCrtList(list, cert string, options, filters []string) Command {
	line := cert
	if len(options) > 0 {
		line += " [" + strings.Join(options, " ") + "]"
	}
	if len(filters) > 0 {
		line += " " + strings.Join(filters, " ")
	}
	c := command("add", "ssl", "crt-list", list).with([]byte(line + "\n")).confirmedBy(func(reply string) bool {
		return strings.Contains(reply, "Inserting certificate '"+cert+"' in crt-list '"+list+"'") &&
			strings.HasSuffix(strings.TrimSpace(reply), "\nSuccess!")
	})
	for _, w := range append(append([]string{cert}, options...), filters...) {
		if w == "" || strings.ContainsAny(w, " \t\r\n[]\"'\\#") {
			c.words = nil // refused when it is encoded
		}
	}
	return c
}

// DelCrtList removes the entry of a certificate from a crt-list. With several, line picks one (CrtListEntry.Line);
// HAProxy refuses 0 then (measured).
func DelCrtList(list, cert string, line int) Command {
	target := cert
	if line > 0 {
		target += ":" + strconv.Itoa(line)
	}
	return command("del", "ssl", "crt-list", list, target).
		confirmedBy(says("Entry '" + cert + "' deleted in crtlist '" + list + "'!"))
}

// SetTLSKey makes a ticket key (48 or 80 bytes, base64) the newest of a tls-ticket-keys file.
func SetTLSKey(file, key string) Command {
	c := command("set", "ssl", "tls-key", file, key).confirmedBy(says("TLS ticket key updated!"))
	c.secret = true
	return c
}

// Files lists what HAProxy holds of a kind. Files with an open transaction are in it once.
func (c *Client) Files(ctx context.Context, s Store) ([]string, error) {
	return one(ctx, c, command("show", "ssl", string(s)).confirmedBy(says("# filename")), parseFiles)
}

func parseFiles(reply string) ([]string, error) {
	_, names, ok := strings.Cut(reply, "# filename\n")
	if !ok {
		if strings.TrimSpace(reply) == "# filename" {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %q", ErrMalformed, shorten(reply))
	}
	var out []string
	for line := range strings.Lines(names) {
		name, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		if name != "" && !strings.HasPrefix(name, "@") {
			out = append(out, name)
		}
	}
	return out, nil
}

// CertDetail is what HAProxy says about one certificate, the same for the first of a CA file.
type CertDetail struct {
	Status  string // "Used" or "Unused"
	Serial  string
	SHA1    string // upper-case hex of the leaf's DER
	Subject string
}

// CertDetail reads back one certificate.
func (c *Client) CertDetail(ctx context.Context, file string) (CertDetail, error) {
	return one(ctx, c, showCert(file), parseCertDetail)
}

func showCert(file string) Command {
	return command("show", "ssl", "cert", file).confirmedBy(says("Filename: " + file))
}

func parseCertDetail(reply string) (CertDetail, error) {
	var d CertDetail
	for line := range strings.Lines(reply) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "Status":
			d.Status = value
		case "Serial":
			d.Serial = value
		case "SHA1 FingerPrint":
			d.SHA1 = value
		case "Subject":
			d.Subject = value
		}
	}
	if d.Status == "" {
		return CertDetail{}, fmt.Errorf("%w: no status", ErrMalformed)
	}
	return d, nil
}

// CrtListEntry is a line of a crt-list as HAProxy holds it.
type CrtListEntry struct {
	Cert    string
	Line    int
	Options string   // as HAProxy prints them, in its own order
	Filters []string // empty: the names of the certificate
}

// ShowCrtList asks for the lines of a crt-list with their numbers.
func ShowCrtList(list string) Command {
	return command("show", "ssl", "crt-list", "-n", list).confirmedBy(says("# " + list))
}

// CrtList reads back a crt-list.
func (c *Client) CrtList(ctx context.Context, list string) ([]CrtListEntry, error) {
	return one(ctx, c, ShowCrtList(list), parseCrtList)
}

func parseCrtList(reply string) ([]CrtListEntry, error) {
	var out []CrtListEntry
	for line := range strings.Lines(reply) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		target, rest, _ := strings.Cut(line, " ")
		i := strings.LastIndexByte(target, ':')
		if i < 0 {
			return nil, fmt.Errorf("%w: crt-list entry %q", ErrMalformed, shorten(line))
		}
		e := CrtListEntry{Cert: target[:i]}
		n, err := strconv.Atoi(target[i+1:])
		if err != nil {
			return nil, fmt.Errorf("%w: crt-list line %q", ErrMalformed, shorten(target))
		}
		e.Line = n
		if strings.HasPrefix(rest, "[") {
			options, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return nil, fmt.Errorf("%w: crt-list options %q", ErrMalformed, shorten(rest))
			}
			e.Options = strings.ReplaceAll(options, "\x00", "") // 2.6 to 3.2 print the end of alpn's value (measured)
			rest = after
		}
		e.Filters = strings.Fields(rest)
		out = append(out, e)
	}
	return out, nil
}
