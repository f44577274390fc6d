package compile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// addStreams opens the TCP ports of --tcp-services-configmap. A port whose entry can't be honoured as written stays
// closed.
func (c *compiler) addStreams() {
	name := c.snapshot.Settings.TCPServices
	if name.Name == "" || c.options.NoStreams {
		return
	}
	ref := c.snapshot.Ref("ConfigMap", name.Namespace, name.Name)
	p := &ingressPass{dialect.NewPass(c.snapshot, ref, nil), &netv1.Ingress{}}
	c.passes = append(c.passes, p.Pass)
	config := c.snapshot.ConfigMap(name.Namespace, name.Name)
	if config == nil {
		p.Report(issue.Issue{
			Code: issue.StreamInvalid, Severity: issue.Warning, Effect: issue.Withheld, Field: "--tcp-services-configmap",
			Message: fmt.Sprintf("No TCP port is open: there is no ConfigMap %s.", name),
		})
		return
	}
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		if s, err := c.stream(p, key, config.Data[key]); err != nil {
			p.Report(issue.Issue{
				Code: issue.StreamInvalid, Severity: issue.Error, Effect: issue.Withheld, Field: key,
				Message:    fmt.Sprintf("The TCP port is closed: %v.", err),
				Suggestion: `"9000": namespace/service:port, then :PROXY for clients that speak the PROXY protocol, then :PROXY for the Service`,
			})
		} else {
			c.streams = append(c.streams, s)
		}
	}
	slices.SortFunc(c.streams, func(a, b *model.Stream) int { return cmp.Compare(a.Port, b.Port) })
}

func (c *compiler) stream(p *ingressPass, key, value string) (*model.Stream, error) {
	s, namespace, service, err := parseStream(key, value)
	if err != nil {
		return nil, err
	}
	settings := c.snapshot.Settings
	if s.Port == settings.HTTPPort || s.Port == settings.HTTPSPort {
		return nil, errors.New("HTTP or HTTPS is served there")
	}
	if reason, refused := c.options.Refused[s.Ref()]; refused {
		return nil, errors.New(strings.TrimSuffix(reason, "."))
	}
	p.Namespace = namespace
	s.Backend = c.backend(p, service, key)
	s.Origin = p.Object()
	return s, nil
}

// parseStream reads "9000" and "namespace/service:port[:PROXY[:PROXY]]". Unlike ingress-nginx it takes no other word
// for PROXY: a typing error would let everybody say who the client is, or let nobody know.
func parseStream(key, value string) (s *model.Stream, namespace string, service *netv1.IngressServiceBackend, err error) {
	port, err := strconv.ParseUint(key, 10, 16)
	if err != nil || port == 0 || strconv.FormatUint(port, 10) != key {
		return nil, "", nil, fmt.Errorf("%q is no port", key)
	}
	parts := strings.Split(strings.TrimSpace(value), ":")
	namespace, name, ok := strings.Cut(parts[0], "/")
	if len(parts) < 2 || len(parts) > 4 || !ok || namespace == "" || name == "" || strings.Contains(name, "/") || parts[1] == "" {
		return nil, "", nil, fmt.Errorf("%q is not namespace/service:port", value)
	}
	service = &netv1.IngressServiceBackend{Name: name, Port: netv1.ServiceBackendPort{Name: parts[1]}}
	if number, err := strconv.ParseUint(parts[1], 10, 16); err == nil {
		service.Port = netv1.ServiceBackendPort{Number: int32(number)}
	}
	s = &model.Stream{Port: uint16(port)}
	for i, into := range []*bool{&s.AcceptProxy, &s.SendProxy} {
		if len(parts) <= i+2 || parts[i+2] == "" {
			continue
		}
		if *into = strings.EqualFold(parts[i+2], "PROXY"); !*into {
			return nil, "", nil, fmt.Errorf("%q is not PROXY", parts[i+2])
		}
	}
	return s, namespace, service, nil
}
