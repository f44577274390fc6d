package explain

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/hawser-ingress/hawser/internal/model"
)

// Digest stands for all that a model says about requests with one Host header, endpoints and passwords aside: two models
// with the same digest answer them in the same way. Where objects were read from makes no difference.
type Digest struct {
	Host     string `json:"host"`     // that serves; "": none does
	Routes   string `json:"routes"`   // of its certificates, policies and routes
	Settings string `json:"settings"` // of what holds for every host, the access log aside
}

// DigestOf finds the host as a request does.
func DigestOf(m *model.Model, header string) Digest {
	global := m.Global
	global.LogFormat, global.LogAuth, global.LogSkip = 0, false, nil
	out := Digest{Settings: digest(global)}
	h, _ := newNames(m).find(hostOf(header))
	if h == nil {
		return out
	}
	public := []any{h} // of certificates and authorities the JSON of a model names the Secret alone
	if h.TLS != nil {
		for _, c := range h.TLS.Chain {
			public = append(public, c.Raw)
		}
	}
	if c := h.ClientCert; c != nil && c.CA != nil {
		for _, cert := range c.CA.Certs {
			public = append(public, cert.Raw)
		}
		for _, list := range c.CA.CRLs {
			public = append(public, list.Raw)
		}
	}
	out.Host, out.Routes = h.Name.String(), digest(public)
	return out
}

func digest(v any) string {
	data, err := json.Marshal(v)
	if err == nil {
		var plain any
		if err = json.Unmarshal(data, &plain); err == nil {
			dropPlaces(plain)
			data, err = json.Marshal(plain)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("a %T can't be written as JSON: %v", v, err))
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))[:32]
}

// dropPlaces removes what tells where an object was read from. Nothing else in a model has these names.
func dropPlaces(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			dropPlaces(item)
		}
	case map[string]any:
		delete(v, "file")
		delete(v, "line")
		for _, item := range v {
			dropPlaces(item)
		}
	}
}
