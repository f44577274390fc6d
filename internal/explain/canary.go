package explain

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// Who gets a request of a route that has a canary.
const (
	canaryYes    = "yes"
	canaryNo     = "no"
	canaryChance = "chance" // or a session: it can't be told before
)

// canary decides by the session, the header, the cookie and chance, in this order.
func (e *explainer) canary() {
	c := e.route.Canary
	if c == nil {
		return
	}
	chosen, why := e.canarySide(c)
	e.answer.Canary = &Canary{Ingress: c.Ingress, Service: c.Backend.String(), Chosen: chosen, Why: why}
	switch chosen {
	case canaryYes:
		e.answer.Backend = e.backend(c.Backend)
	case canaryChance:
		e.answer.Result.Unless = append(e.answer.Result.Unless, "Canary")
	}
}

func (e *explainer) canarySide(c *model.Canary) (chosen, why string) {
	if forward, ok := e.route.Action.(model.Forward); !ok || len(e.backend(forward.Backend).Endpoints) == 0 {
		return canaryNo, "the route itself has no endpoint"
	}
	if len(e.backend(c.Backend).Endpoints) == 0 {
		return canaryNo, "it has no endpoint"
	}
	if name := sessionName(e.route); name != "" && e.cookie(name) != "" {
		return canaryChance, "the server of the session in the cookie " + name + " decides"
	}
	if chosen, why := e.byHeader(c); chosen != "" {
		return chosen, why
	}
	if c.Cookie != "" {
		switch e.cookie(c.Cookie) {
		case "always":
			return canaryYes, "the cookie " + c.Cookie + " says always"
		case "never":
			return canaryNo, "the cookie " + c.Cookie + " says never"
		}
	}
	switch {
	case c.Weight <= 0:
		return canaryNo, "nothing chooses it, and its weight is 0"
	case c.Weight >= c.Total:
		return canaryYes, "its weight is all"
	default:
		return canaryChance, fmt.Sprintf("by chance, %d of %d requests", c.Weight, c.Total)
	}
}

func (e *explainer) byHeader(c *model.Canary) (chosen, why string) {
	value, sent := e.joined(c.Header)
	if c.Header == "" || !sent {
		return "", ""
	}
	what := "the header " + c.Header
	switch c.By {
	case model.HeaderWord:
		switch value {
		case "always":
			return canaryYes, what + " says always"
		case "never":
			return canaryNo, what + " says never"
		}
	case model.HeaderValue:
		if value == c.Value {
			return canaryYes, what + " has its value"
		}
	case model.HeaderPattern:
		expression, err := regexp.Compile(c.Value)
		if err != nil {
			return canaryChance, what + " is compared with an expression that can't be followed here"
		}
		if expression.MatchString(value) {
			return canaryYes, what + " matches " + c.Value
		}
	case model.HeaderBroken:
		return canaryNo, what + " is compared with an expression that nobody can read"
	}
	return "", ""
}

// joined is a header as nginx reads two lines of it.
func (e *explainer) joined(name string) (value string, sent bool) {
	var lines []string
	for _, h := range e.request.Headers {
		if strings.EqualFold(h.Name, name) && len(lines) < 2 {
			lines = append(lines, h.Value)
		}
	}
	return strings.Join(lines, ", "), len(lines) > 0
}

// cookie is the value of the first of that name; "" if there is none.
func (e *explainer) cookie(name string) string {
	for _, h := range e.request.Headers {
		if !strings.EqualFold(h.Name, "Cookie") {
			continue
		}
		for part := range strings.SplitSeq(h.Value, ";") {
			if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && key == name {
				return value
			}
		}
	}
	return ""
}

func sessionName(r *model.Route) string {
	switch {
	case r.Policy.Session != nil:
		return r.Policy.Session.Name
	case r.Canary.Session != nil:
		return r.Canary.Session.Name
	default:
		return ""
	}
}
