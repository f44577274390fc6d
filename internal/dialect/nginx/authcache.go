package nginx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

// parseCacheTimes reads "200 202 401 5m, any 10s": statuses and how long answers with one are kept. Without a status it
// is for 200, 301 and 302, as in nginx.
func parseCacheTimes(s string) ([]model.CacheTime, error) {
	var out []model.CacheTime
	for item := range strings.SplitSeq(s, ",") {
		fields := strings.Fields(item)
		if len(fields) == 0 {
			continue
		}
		last := len(fields) - 1
		keep, err := parseNginxTime(fields[last])
		if err != nil {
			return nil, err
		}
		statuses := fields[:last]
		if last == 0 {
			statuses = []string{"200", "301", "302"}
		}
		for _, word := range statuses {
			status, err := dialect.ParseInt(word)
			switch {
			case word == "any":
				status = 0
			case err != nil || status < 100 || status > 599:
				return nil, fmt.Errorf("%q is no status", word)
			}
			out = append(out, model.CacheTime{Status: status, Time: keep})
		}
	}
	return out, nil
}

// parseNginxTime reads a time of nginx, such as 5m or 1h30m; a number without a unit is seconds.
func parseNginxTime(s string) (time.Duration, error) {
	units := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
	}
	total := time.Duration(0)
	for rest := s; ; {
		digits := 0
		for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
			digits++
		}
		end := digits
		for end < len(rest) && (rest[end] < '0' || rest[end] > '9') {
			end++
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		unit, ok := units[rest[digits:end]]
		if err != nil || !ok {
			return 0, fmt.Errorf("%q is no time such as 5m", s)
		}
		if n > int64(math.MaxInt64/unit) || total > math.MaxInt64-time.Duration(n)*unit {
			return 0, fmt.Errorf("%q is too long a time", s)
		}
		total += time.Duration(n) * unit
		if rest = rest[end:]; rest == "" {
			return total, nil
		}
	}
}

// parseCacheKey reads a template. $remote_user is a part of the Authorization header, so the whole header stands for
// it: the answers of fewer requests are the same then, never of more.
func parseCacheKey(s string) (model.Template, error) {
	for _, c := range []byte(s) {
		if !isWord(c) && !strings.ContainsRune("-${}", rune(c)) {
			return nil, errors.New("it may have letters, digits and -_${} only")
		}
	}
	s = strings.ReplaceAll(s, "${remote_user}", "${http_authorization}")
	t, err := parseTemplate(strings.ReplaceAll(s, "$remote_user", "${http_authorization}"), nil)
	for _, p := range t {
		if p.Var == model.VarCapture {
			return nil, fmt.Errorf("$%s is not known here", p.Name)
		}
	}
	return t, err
}
