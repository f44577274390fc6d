package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var connectionHeader = &dialect.Key[string]{
	Description: dialect.Description{
		Key: "connection-proxy-header", Values: "close or keep-alive",
		Doc: "close: a connection to a server is for one request. Either way WebSockets of the routes end, as in ingress-nginx, because their upgrade is not passed on.",
	},
	Parse: dialect.OneOf("close", "keep-alive"),
}

var serverConnection = &dialect.Feature{
	Name: "connection-header", Title: "Connection header for servers",
	Doc:  "Connections to servers are kept for other requests unless the header says otherwise.",
	Keys: []dialect.Spec{connectionHeader},
	Route: func(p *dialect.Pass, r *model.Route) {
		r.Policy.Connection, _ = connectionHeader.Get(p)
	},
}
