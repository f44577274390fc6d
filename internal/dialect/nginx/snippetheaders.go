package nginx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

// addHeader reads add_header, which is for some statuses unless it says always.
func (s *snippetReader) addHeader(d nginxconf.Directive) error {
	always := len(d.Args) == 3 && d.Args[2] == "always"
	if len(d.Args) != 2 && !always {
		return errors.New("it is not: add_header name value, with always behind it")
	}
	value, err := s.headerValue(d.Args[0], d.Args[1])
	if err != nil {
		return err
	}
	c := model.Change{Op: model.ChangeAdd, Name: d.Args[0], Value: value, In: s.block}
	if !always {
		c.Statuses = []int{200, 201, 204, 206, 301, 302, 303, 304, 307, 308}
	}
	s.rules.Answer = append(s.rules.Answer, c)
	return answerHeaderNote(d.Args[0])
}

// answerHeaderNote says where a header of answers is not the last word.
func answerHeaderNote(name string) error {
	switch strings.ToLower(name) {
	case "server":
		return errors.New("answers never name a server")
	case "strict-transport-security":
		return mildError{"on HTTPS, the keys hsts and hsts-* decide about this header"}
	default:
		return nil
	}
}

func (s *snippetReader) headerValue(name, value string) (model.Template, error) {
	if err := changeable(name); err != nil {
		return nil, err
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return nil, errors.New("its value has more than one line")
	}
	return s.template(value)
}

// changeable holds for names that a line may set.
func changeable(name string) error {
	switch {
	case !headerName.MatchString(name):
		return fmt.Errorf("%q is no name of a header", name)
	case framing(name) || strings.EqualFold(name, "host") || strings.EqualFold(name, "expect") || strings.EqualFold(name, "proxy"):
		return fmt.Errorf("%s belongs to the connection", name)
	case strings.HasPrefix(strings.ToLower(name), "ssl-client-"):
		return fmt.Errorf("what %s says is the controller's alone", name)
	default:
		return nil
	}
}

// more reads the lines of the headers-more module: options, then headers with values.
func (s *snippetReader) more(into *[]model.Change, op model.ChangeOp) func(nginxconf.Directive) error {
	return func(d nginxconf.Directive) error {
		request := into == &s.rules.Input
		base := model.Change{Op: op, In: s.block}
		rest, err := moreOptions(&base, d.Args, request)
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			return errors.New("it names no header")
		}
		var all []model.Change
		for _, text := range rest {
			c, err := s.moreChange(base, text)
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		var note error
		for _, c := range all {
			if err := s.moreNote(c, request); err != nil {
				note = err
			}
		}
		var m mildError
		if note == nil || errors.As(note, &m) {
			*into = append(*into, all...)
		}
		return note
	}
}

func (s *snippetReader) moreNote(c model.Change, request bool) error {
	if !request {
		return answerHeaderNote(c.Name)
	}
	if slices.Contains(ownRequestHeaders(), strings.ToLower(c.Name)) {
		return fmt.Errorf("%s is set by the controller later on; proxy_set_header adds to it", c.Name)
	}
	return nil
}

// ownRequestHeaders are what servers get from the controller, whatever a client says.
func ownRequestHeaders() []string {
	return []string{
		"x-request-id", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-scheme",
		"x-scheme", "x-original-forwarded-for", "x-original-forwarded-host",
	}
}

// moreOptions reads -s, -t and -r.
func moreOptions(c *model.Change, args []string, request bool) ([]string, error) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		option := args[0]
		switch {
		case option == "-r" && request && c.Op == model.ChangeSet:
			c.Op = model.ChangeReplace
			args = args[1:]
			continue
		case len(args) < 2:
			return nil, fmt.Errorf("%s has no value", option)
		case option == "-s" && !request:
			for word := range strings.FieldsSeq(args[1]) {
				status, err := strconv.Atoi(word)
				if err != nil || status < 100 || status > 599 {
					return nil, fmt.Errorf("%q is no status", word)
				}
				c.Statuses = append(c.Statuses, status)
			}
		case option == "-t":
			for word := range strings.FieldsSeq(args[1]) {
				if !mediaType.MatchString(strings.ToLower(word)) {
					return nil, fmt.Errorf("%q is no media type", word)
				}
				c.Types = append(c.Types, strings.ToLower(word))
			}
		default:
			return nil, fmt.Errorf("there is no rule for the option %s", option)
		}
		args = args[2:]
	}
	return args, nil
}

// moreChange reads "Name: value". Without a value the header is taken away.
func (s *snippetReader) moreChange(c model.Change, text string) (model.Change, error) {
	name, value, _ := strings.Cut(text, ":")
	c.Name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if c.Op == model.ChangeClear {
		start, many := strings.CutSuffix(c.Name, "*")
		if many && start == "" {
			return c, errors.New("it would take every header away")
		}
		return c, changeable(start)
	}
	t, err := s.headerValue(c.Name, value)
	c.Value = t
	if len(t) == 0 {
		c.Op = model.ChangeClear
	}
	return c, err
}

// setForServers reads proxy_set_header. As in nginx, a header of the controller is sent beside it, and in a server it is
// without effect, because every location has lines of its own.
func (s *snippetReader) setForServers(d nginxconf.Directive) error {
	if len(d.Args) != 2 {
		return errors.New("it is not: proxy_set_header name value")
	}
	name := strings.ToLower(d.Args[0])
	switch {
	case s.place != inLocation:
		return mildError{"it has no effect in nginx either, because every location of ingress-nginx sets headers of its own"}
	case name == "upgrade" && d.Args[1] == "$http_upgrade",
		name == "connection" && slices.Contains([]string{"upgrade", "Upgrade", "$connection_upgrade", "$http_connection"}, d.Args[1]):
		return mildError{"it is not needed: connections are upgraded where both sides want that"}
	case name == "host":
		return errors.New("nginx sends two Host headers; the annotation upstream-vhost replaces it")
	}
	value, err := s.headerValue(d.Args[0], d.Args[1])
	if err != nil {
		return err
	}
	c := model.Change{Op: model.ChangeSet, Name: d.Args[0], Value: value}
	again := slices.ContainsFunc(s.rules.Upstream, func(o model.Change) bool { return strings.EqualFold(o.Name, c.Name) })
	own := slices.Contains(ownRequestHeaders(), name)
	switch {
	case (own || again) && len(value) == 0:
		return nil
	case own || again:
		c.Op = model.ChangeAdd
	case len(value) == 0:
		c.Op = model.ChangeClear
	}
	s.rules.Upstream = append(s.rules.Upstream, c)
	return nil
}

func (s *snippetReader) hide(d nginxconf.Directive) error {
	if len(d.Args) != 1 {
		return errors.New("it is not: proxy_hide_header name")
	}
	if err := changeable(d.Args[0]); err != nil {
		return err
	}
	s.rules.Hide = append(s.rules.Hide, d.Args[0])
	return nil
}
