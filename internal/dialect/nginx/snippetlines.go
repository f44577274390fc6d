package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

// ruleLines are the lines that say how a location is, wherever they stand in it.
func ruleLines() map[string]func(*snippetReader, nginxconf.Directive) error {
	out := map[string]func(*snippetReader, nginxconf.Directive) error{
		"add_header":               (*snippetReader).addHeader,
		"more_set_headers":         moreLine(answerChanges, model.ChangeSet),
		"more_clear_headers":       moreLine(answerChanges, model.ChangeClear),
		"more_set_input_headers":   moreLine(inputChanges, model.ChangeSet),
		"more_clear_input_headers": moreLine(inputChanges, model.ChangeClear),
		"proxy_set_header":         (*snippetReader).setForServers,
		"proxy_hide_header":        (*snippetReader).hide,
		"deny":                     (*snippetReader).address,
		"allow":                    (*snippetReader).address,
		"client_max_body_size":     (*snippetReader).bodySize,
		"proxy_connect_timeout":    (*snippetReader).timeout,
		"proxy_read_timeout":       (*snippetReader).timeout,
		"proxy_send_timeout":       (*snippetReader).timeout,
		"gzip":                     (*snippetReader).compress,
		"gzip_types":               (*snippetReader).compressTypes,
		"default_type":             (*snippetReader).defaultType,
		"proxy_http_version":       (*snippetReader).httpVersion,
		"access_log":               (*snippetReader).accessLog,
	}
	for _, name := range tuningLines() {
		out[name] = func(*snippetReader, nginxconf.Directive) error {
			return mildError{"it tunes nginx, and changes no answer"}
		}
	}
	return out
}

// tuningLines say how nginx does something that HAProxy does in its own way.
func tuningLines() []string {
	return []string{
		"proxy_buffering", "proxy_buffers", "proxy_buffer_size", "proxy_busy_buffers_size", "proxy_max_temp_file_size", "proxy_request_buffering",
		"client_body_buffer_size", "large_client_header_buffers", "client_header_buffer_size", "gzip_min_length", "gzip_comp_level", "gzip_proxied",
		"gzip_vary", "gzip_http_version", "gzip_buffers", "gzip_disable", "proxy_headers_hash_max_size", "proxy_headers_hash_bucket_size", "sendfile",
		"tcp_nodelay", "tcp_nopush", "output_buffers", "log_not_found", "rewrite_log",
	}
}

func answerChanges(s *snippetReader) *[]model.Change { return &s.rules.Answer }
func inputChanges(s *snippetReader) *[]model.Change  { return &s.rules.Input }

func moreLine(into func(*snippetReader) *[]model.Change, op model.ChangeOp) func(*snippetReader, nginxconf.Directive) error {
	return func(s *snippetReader, d nginxconf.Directive) error { return s.more(into(s), op)(d) }
}

// address reads allow and deny.
func (s *snippetReader) address(d nginxconf.Directive) error {
	if len(d.Args) != 1 {
		return fmt.Errorf("it is not: %s address, network or all", d.Name)
	}
	rule := model.AddressRule{Allow: d.Name == "allow"}
	if d.Args[0] != "all" {
		if strings.Contains(d.Args[0], ",") {
			return fmt.Errorf("%q is neither an address nor a network", d.Args[0])
		}
		networks, err := dialect.ParseNetworks(d.Args[0])
		if err != nil {
			return err
		}
		if len(networks) == 0 {
			return errors.New("it names no address")
		}
		rule.Networks = append([]netip.Prefix{}, networks...)
	}
	s.rules.Access = append(s.rules.Access, rule)
	return nil
}

// ofLocation: lines that every location of ingress-nginx has, so that one outside has no effect.
func (s *snippetReader) ofLocation(key string) error {
	if s.place == inLocation {
		return nil
	}
	return mildError{"it has no effect in nginx either, because every location of ingress-nginx has such a line; the annotation is " + key}
}

func (s *snippetReader) bodySize(d nginxconf.Directive) error {
	if len(d.Args) != 1 {
		return errors.New("it is not: client_max_body_size size")
	}
	size, err := parseSize(d.Args[0])
	if err != nil {
		return err
	}
	if err := s.ofLocation("proxy-body-size"); err != nil {
		return err
	}
	s.body = &size
	return nil
}

// timeout reads the three times of servers. HAProxy has one for both directions, the longer one.
func (s *snippetReader) timeout(d nginxconf.Directive) error {
	if len(d.Args) != 1 {
		return fmt.Errorf("it is not: %s time", d.Name)
	}
	t, err := parseNginxTime(d.Args[0])
	if err == nil && (t <= 0 || t > 24*24*time.Hour) {
		err = fmt.Errorf("%s is out of range", d.Args[0])
	}
	if err != nil {
		return err
	}
	if err := s.ofLocation(strings.ReplaceAll(d.Name, "_", "-")); err != nil {
		return err
	}
	if d.Name == "proxy_connect_timeout" {
		s.connect = t
	} else {
		s.server = max(s.server, t)
	}
	return nil
}

func (s *snippetReader) compress(d nginxconf.Directive) error {
	switch {
	case len(d.Args) == 1 && d.Args[0] == "on":
		s.gzip = true
		return nil
	case len(d.Args) == 1 && d.Args[0] == "off":
		s.gzip = false
		return mildError{"answers are compressed where use-gzip says so, whatever the location"}
	default:
		return errors.New("it is not: gzip on, or gzip off")
	}
}

func (s *snippetReader) compressTypes(d nginxconf.Directive) error {
	types, err := parseMediaTypes(strings.Join(d.Args, " "))
	if err != nil {
		return err
	}
	s.gzipTypes, s.gzipAll = types, types == nil
	return nil
}

// compression is what the lines ask for; nil: nothing.
func (s *snippetReader) compression() *model.Compression {
	switch {
	case !s.gzip:
		return nil
	case s.gzipTypes == nil && !s.gzipAll:
		return &model.Compression{Types: []string{"text/html"}}
	default:
		return &model.Compression{Types: s.gzipTypes}
	}
}

// defaultType was read before: it holds for texts above it, too.
func (s *snippetReader) defaultType(d nginxconf.Directive) error {
	if len(d.Args) != 1 || !contentType.MatchString(d.Args[0]) {
		return errors.New("it is not: default_type type/subtype")
	}
	return nil
}

func (s *snippetReader) httpVersion(d nginxconf.Directive) error {
	if len(d.Args) == 1 && d.Args[0] == "1.1" {
		return mildError{"servers are spoken to with HTTP/1.1 anyway"}
	}
	return errors.New("servers are spoken to with HTTP/1.1")
}

func (s *snippetReader) accessLog(d nginxconf.Directive) error {
	if len(d.Args) == 1 && d.Args[0] == "off" && !s.inIf {
		s.quiet = true
		return nil
	}
	return errors.New("only access_log off has a rule, outside of an if")
}
