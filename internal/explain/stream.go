package explain

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// stream tells where connections to a TCP port go. Nothing of what holds for HTTP holds there.
func (e *explainer) stream() {
	for _, s := range e.world.Model.Streams {
		if s.Port == e.request.Port {
			e.streamTo(s)
			return
		}
	}
	e.answer.Result = Result{From: FromNobody, Why: "no entry of the ConfigMap with TCP ports opens this port"}
	e.streamIssues(issue.Ref{})
}

func (e *explainer) streamTo(s *model.Stream) {
	e.answer.Backend = e.backend(s.Backend)
	e.answer.Result = Result{From: FromBackend, Why: "the bytes of the connection pass as they are"}
	if len(e.answer.Backend.Endpoints) == 0 {
		e.answer.Result = Result{From: FromNobody, Why: "the Service has no endpoint that is ready: the connection is closed"}
	}
	if s.AcceptProxy {
		e.answer.Result.Unless = append(e.answer.Result.Unless, "the client does not begin with the PROXY protocol: it is refused")
	}
	if s.SendProxy {
		e.answer.Result.Why += "; the backend is told the client's address by the PROXY protocol"
	}
	e.streamIssues(s.Origin)
}

// streamIssues are those of the ConfigMap that speak of the port, and those of where it is asked for.
func (e *explainer) streamIssues(origin issue.Ref) {
	name := e.world.Snapshot.Settings.TCPServices
	config := issue.Ref{Kind: "ConfigMap", Namespace: name.Namespace, Name: name.Name}
	port := fmt.Sprint(e.request.Port)
	for _, i := range e.world.Issues.Sorted() {
		about := i.Object.Same(config) || i.Object.Same(origin)
		if about && (i.Field == "" || i.Field == port || i.Field == "data."+port) {
			e.answer.Issues = append(e.answer.Issues, i)
		}
	}
}
