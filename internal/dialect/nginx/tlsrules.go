package nginx

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	sslProtocols = &dialect.Key[[2]model.TLSVersion]{
		Description: dialect.Description{
			Key: "ssl-protocols", Values: "a list of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 without gaps", Default: "TLSv1.2 TLSv1.3", Scope: dialect.Setting,
			Doc: "Versions of TLS that clients may use.",
		},
		Parse: parseProtocols,
	}
	sslCiphers = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "ssl-ciphers", Values: "a list of OpenSSL, such as ECDHE-RSA-AES128-GCM-SHA256:!aNULL", Scope: dialect.Both,
			Doc: "Ciphers of TLS up to 1.2; on an Ingress, those of its hosts. Of several Ingresses the oldest decides.",
		},
		Parse: parseCiphers,
	}
	rejectHandshake = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ssl-reject-handshake", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Break off handshakes for names that no host has, and those without a name.",
		},
		Parse: dialect.ParseBool,
	}
	useHTTP2 = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "use-http2", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "Offer HTTP/2 on the HTTPS port.",
		},
		Parse: dialect.ParseBool,
	}
	http2Streams = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "http2-max-concurrent-streams", Values: "a number", Default: "100", Scope: dialect.Setting,
			Doc: "Requests at a time of an HTTP/2 connection.",
		},
		Parse: parsePositive,
	}
)

var tlsRules = &dialect.Feature{
	Name: "tls", Title: "TLS and HTTP/2",
	Doc:  "Connections of clients.",
	Keys: []dialect.Spec{sslProtocols, sslCiphers, rejectHandshake, useHTTP2, http2Streams},
	Global: func(p *dialect.Pass, g *model.Global) {
		if versions, ok := sslProtocols.Get(p); ok {
			g.TLS.Min, g.TLS.Max = versions[0], versions[1]
		}
		g.TLS.Ciphers, _ = sslCiphers.Get(p)
		g.TLS.Strict, _ = rejectHandshake.Get(p)
		if on, ok := useHTTP2.Get(p); ok {
			g.TLS.HTTP1 = !on
		}
		g.TLS.Streams, _ = http2Streams.Get(p)
	},
	Host: func(p *dialect.Pass, h *model.Host) {
		if ciphers, ok := sslCiphers.Own(p); ok && h.Ciphers == "" {
			h.Ciphers = ciphers
		}
	},
}

func parseProtocols(s string) ([2]model.TLSVersion, error) {
	asked := map[model.TLSVersion]bool{}
	for word := range strings.FieldsSeq(s) {
		v, ok := map[string]model.TLSVersion{"TLSv1": model.TLS10, "TLSv1.1": model.TLS11, "TLSv1.2": model.TLS12, "TLSv1.3": model.TLS13}[word]
		if !ok {
			return [2]model.TLSVersion{}, fmt.Errorf("%q is no version of TLS", word)
		}
		asked[v] = true
	}
	if len(asked) == 0 {
		return [2]model.TLSVersion{}, errors.New("it names no version of TLS")
	}
	lowest, highest := model.TLS13, model.TLS10
	for v := range asked {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	if len(asked) != int(highest-lowest)+1 {
		return [2]model.TLSVersion{}, errors.New("it leaves a version between two others out")
	}
	return [2]model.TLSVersion{lowest, highest}, nil
}

var cipherList = regexp.MustCompile(`^[A-Za-z0-9!:+_-]+(@STRENGTH|@SECLEVEL=[0-5])*$`)

func parseCiphers(s string) (string, error) {
	if !cipherList.MatchString(s) {
		return "", fmt.Errorf("%q is no list of ciphers", s)
	}
	return s, nil
}

func parsePositive(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err == nil && (n < 1 || n > 1_000_000) {
		err = fmt.Errorf("%d is out of range", n)
	}
	return n, err
}
