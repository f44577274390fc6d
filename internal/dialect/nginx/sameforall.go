package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	headerBuffer = &dialect.Key[int64]{
		Description: dialect.Description{
			Key: "client-header-buffer-size", Values: "a size such as 1k", Default: "1k", Scope: dialect.Setting,
			Doc: "The first of nginx's buffers for a header. HAProxy has one that is large enough for all of it, so every size does the same.",
		},
		Parse: parseSize,
	}
	grpcBuffer = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "grpc-buffer-size-kb", Values: "a number", Default: "0", Scope: dialect.Setting,
			Doc: "Of nginx's buffer for an answer by gRPC. Answers are sent on as they come, so every size does the same.",
		},
		Parse: dialect.ParseInt,
	}
	http2FieldSize  = obsolete("http2-max-field-size", "nginx has ignored it since 1.19.7.")
	http2HeaderSize = obsolete("http2-max-header-size", "nginx has ignored it since 1.19.7.")
	http2Requests   = obsolete("http2-max-requests", "nginx has ignored it since 1.19.7.")
	pushPreload     = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "http2-push-preload", Values: "true or false", Default: "false",
			Doc: "No effect, as in ingress-nginx v1.15: nginx has pushed nothing since 1.25.1.",
		},
		Parse: dialect.ParseBool,
	}
	serverTokens = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "server-tokens", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Whether answers name the version of the program that makes them.", Support: dialect.Partial,
			Instead: "Answers never name the program that makes them.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
	serverCiphers = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ssl-prefer-server-ciphers", Values: "true or false", Default: "true",
			Doc: "Whether the order of ssl-ciphers decides (true), or that of the client.", Support: dialect.Partial,
			Instead: "The order of ssl-ciphers decides always.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return !on },
	}
	httpVersion = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-http-version", Values: "1.0 or 1.1", Default: "1.1", Scope: dialect.Both,
			Doc: "The version of HTTP that servers are asked in.", Support: dialect.Partial,
			Instead: "Servers are asked in HTTP/1.1.",
		},
		Parse:   dialect.OneOf("1.0", "1.1"),
		Differs: func(version string) bool { return version != "1.1" },
	}
	sessionTickets = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ssl-session-tickets", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Whether clients get tickets by which they resume a TLS session.", Support: dialect.Partial,
			Instead: "Clients get tickets; their keys are new with each process. They are written to the state directory only where a host asks for client certificates.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return !on },
	}
)

// obsolete is a key that does nothing in ingress-nginx either.
func obsolete(key, reason string) *dialect.Key[string] {
	return &dialect.Key[string]{
		Description: dialect.Description{Key: key, Values: "anything", Scope: dialect.Setting, Doc: "No effect, as in ingress-nginx v1.15: " + reason},
		Parse:       func(s string) (string, error) { return s, nil },
	}
}

// sameForAll has keys whose every value does the same; what another value would do in ingress-nginx is told.
var sameForAll = &dialect.Feature{
	Name: "same-for-all", Title: "Where every value does the same",
	Doc:  "What another value would do is told where it is asked for.",
	Keys: []dialect.Spec{headerBuffer, grpcBuffer, http2FieldSize, http2HeaderSize, http2Requests, pushPreload, serverTokens, serverCiphers, httpVersion, sessionTickets},
	Global: func(p *dialect.Pass, _ *model.Global) {
		headerBuffer.Get(p)
		grpcBuffer.Get(p)
		serverTokens.Get(p)
		httpVersion.Get(p)
		sessionTickets.Get(p)
	},
	Route: func(p *dialect.Pass, _ *model.Route) {
		pushPreload.Get(p)
		serverCiphers.Get(p)
		httpVersion.Own(p)
	},
}
