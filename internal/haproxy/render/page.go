package render

import (
	"fmt"
	"net/http"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// body is the page of an answer that HAProxy gives itself.
func body(title string) string {
	return fmt.Sprintf("<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", title)
}

func title(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }

func status(code int) cfg.Arg { return cfg.Opt("status", cfg.Int(code)) }

// page is the content of an answer with the usual text of its status.
func page(status int) cfg.Arg { return text(title(status)) }

// text is the content of an answer with a text of its own.
func text(heading string) cfg.Arg {
	return cfg.Opt("content-type", cfg.Word("text/html"), cfg.Opt("string", cfg.Word(body(heading))))
}

// rawPage is an answer as an errorfile holds it.
func rawPage(status int) []byte {
	content := body(title(status))
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", title(status), len(content), content)
}

// respond answers with a page.
func respond(code int, c cfg.Cond) cfg.Line {
	return cfg.L("http-request return", status(code), page(code)).If(c)
}

// set assigns a variable.
func set(name string, value cfg.Sample) cfg.Line {
	return cfg.L("http-request", cfg.Call("set-var", name), cfg.Expr(value))
}

func setHeader(name string, pieces ...cfg.Piece) cfg.Line {
	return cfg.L("http-request set-header", cfg.HeaderName(name), cfg.Header(pieces...))
}
