package compile

import (
	"slices"

	"github.com/hawser-ingress/hawser/internal/model"
)

// trust gives a route to servers with TLS what the host says of them, as far as its own Ingress says nothing: nginx
// inherits these directives. It returns why the route is closed instead, if HAProxy refuses a Secret of it.
func (c *compiler) trust(h *host, r *model.Route) (reason string) {
	u := r.Policy.Upstream
	if !u.Encrypted() {
		return ""
	}
	switch general := h.ServerTLS; {
	case general == nil:
	case u.Trust == nil:
		u.Trust = general
	case u.Trust.CA == nil: // a certificate alone: whom to trust is left to the host
		own := *u.Trust
		own.CA, own.Verify, own.Depth = general.CA, general.Verify, general.Depth
		own.Min, own.Max, own.Ciphers = general.Min, general.Max, general.Ciphers
		own.Secrets = slices.Concat(own.Secrets, general.Secrets)
		if _, constant := own.Name.Constant(); own.Verify && !constant && !own.SendName {
			return "a name with variables is only verified where it is sent"
		}
		u.Trust = &own
	}
	if u.Trust == nil {
		return ""
	}
	for _, secret := range u.Trust.Secrets {
		if reason, refused := c.options.Refused[secret]; refused {
			return reason
		}
	}
	return ""
}
