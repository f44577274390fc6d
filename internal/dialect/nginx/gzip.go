package nginx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

const gzipPreset = "application/atom+xml application/javascript application/x-javascript application/json application/rss+xml " +
	"application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml " +
	"font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component"

var (
	useGzip = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "use-gzip", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc:     "Compress answers for clients that take gzip.",
			Support: dialect.Partial,
			Instead: "Only answers with the status 200 to 203 are compressed, whatever their length.",
		},
		Parse:   dialect.ParseBool,
		Differs: func(on bool) bool { return on },
	}
	gzipTypes = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "gzip-types", Values: "media types, separated by blanks; * for all", Default: gzipPreset, Scope: dialect.Setting,
			Doc: "What is compressed, text/html aside, which always is.",
		},
		Parse: parseMediaTypes,
	}
	gzipLevel = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "gzip-level", Values: "1 to 9", Default: "1", Scope: dialect.Setting,
			Doc:     "How hard to compress.",
			Support: dialect.Partial,
			Instead: "A HAProxy that was built with libslz has only one level, the fastest.",
		},
		Parse: parseLevel,
	}
)

var gzip = &dialect.Feature{
	Name: "gzip", Title: "Compression",
	Doc:  "By HAProxy, of answers that servers have not compressed.",
	Keys: []dialect.Spec{useGzip, gzipTypes, gzipLevel},
	Global: func(p *dialect.Pass, g *model.Global) {
		if on, _ := useGzip.Get(p); !on {
			return
		}
		types, ok := gzipTypes.Get(p)
		if !ok {
			types, _ = parseMediaTypes(gzipPreset)
		}
		g.Compression = &model.Compression{Types: types}
		g.Compression.Level, _ = gzipLevel.Get(p)
	},
}

var mediaType = regexp.MustCompile(`^[a-z0-9.+-]+/[a-z0-9.+-]+$`)

// parseMediaTypes gives none for "*".
func parseMediaTypes(s string) ([]string, error) {
	out := []string{"text/html"}
	for word := range strings.FieldsSeq(s) {
		if word == "*" {
			return nil, nil
		}
		if !mediaType.MatchString(word) {
			return nil, fmt.Errorf("%q is no media type", word)
		}
		out = append(out, word)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func parseLevel(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err == nil && (n < 1 || n > 9) {
		err = fmt.Errorf("%d is no level", n)
	}
	return n, err
}
