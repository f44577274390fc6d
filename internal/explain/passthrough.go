package explain

import "strings"

// passedThrough: the name in the handshake decides before anything is decrypted.
func (e *explainer) passedThrough() bool {
	if !e.request.Secure {
		return false
	}
	h, _ := e.names.known(strings.ToLower(strings.TrimRight(e.request.SNI, ".")))
	if h == nil || h.Passthrough == nil {
		return false
	}
	e.host = h
	e.answer.Host.Name, e.answer.Host.Ingresses = h.Name.String(), h.Origins
	if h.Passthrough.Backend == nil {
		e.answer.Result = Result{From: FromHandshake, Why: "the host is passed through, and has no backend: " + h.Passthrough.Reason}
		return true
	}
	e.answer.Backend = e.backend(*h.Passthrough.Backend)
	if len(e.answer.Backend.Endpoints) == 0 {
		e.answer.Result = Result{From: FromHandshake, Why: "the host is passed through, and its Service has no endpoint that is ready"}
		return true
	}
	e.answer.Result = Result{From: FromPassthrough, Why: "the TLS connection goes to the backend as it is"}
	return true
}

// misnamed: the connection was made for another name.
func (e *explainer) misnamed() bool {
	if !e.request.Secure || e.host == nil || e.host.Passthrough == nil {
		return false
	}
	return e.reply(421, "the host is passed through by the name in the handshake, which is another one")
}
