package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

const stillDropped = "Names are still dropped that a server could take for a header of the controller or of an authentication service: " +
	"X_Forwarded_For, ssl_client_verify and their like."

var (
	underscores = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-underscores-in-headers", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc:     "Keep headers of clients with underscores in their names.",
			Support: dialect.Partial, Instead: stillDropped,
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
	ignoreInvalid = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ignore-invalid-headers", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc:     "Drop headers of clients whose names have other characters than letters, digits and hyphens.",
			Support: dialect.Partial, Instead: stillDropped,
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return !on },
	}
	requestID = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "generate-request-id", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "Give requests without X-Request-ID one.",
		},
		Parse: dialect.ParseBool,
	}
)

var headerNames = &dialect.Feature{
	Name: "header-names", Title: "Headers that clients may send",
	Doc:  "Many servers read X_User and X-User as one header, so a name with an underscore could say what only the controller may say.",
	Keys: []dialect.Spec{underscores, ignoreInvalid, requestID},
	Global: func(p *dialect.Pass, g *model.Global) {
		if on, _ := underscores.Get(p); on {
			g.Headers.Names = model.NamesUnderscore
		}
		if on, ok := ignoreInvalid.Get(p); ok && !on {
			g.Headers.Names = model.NamesAny
		}
		if on, ok := requestID.Get(p); ok {
			g.Headers.NoID = !on
		}
	},
}
