package echo

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// wish is how a request asks to be answered.
type wish struct {
	status   int
	delay    time.Duration
	cut      cut
	headers  []header
	bodySize *int // nil: the JSON view
}

type cut string

const (
	cutNone cut = ""
	cutHead cut = "head"
	cutBody cut = "body"
)

type header struct{ name, value string }

// Limits keep a mistyped test from blocking or filling the machine.
const (
	maxDelay    = 2 * time.Minute
	maxBodySize = 64 << 20
)

func parseWish(server string, r *http.Request) (wish, error) {
	w := wish{status: http.StatusOK}
	if kind, value, ok := pathWish(r.URL.Path); ok {
		if err := w.set(kind, value); err != nil {
			return wish{}, err
		}
	}
	for _, kind := range []string{"Status", "Delay", "Close", "Body-Size"} {
		value, ok := concerns(server, r.Header.Get("X-Echo-"+kind))
		if !ok {
			continue
		}
		if err := w.set(kind, value); err != nil {
			return wish{}, err
		}
	}
	for _, line := range r.Header.Values("X-Echo-Set-Header") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return wish{}, fmt.Errorf("X-Echo-Set-Header: %q has no colon", line)
		}
		w.headers = append(w.headers, header{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return w, nil
}

func pathWish(path string) (kind, value string, ok bool) {
	rest, value, ok := cutLast(path)
	if !ok || value == "" || strings.Trim(value, "0123456789") != "" {
		return "", "", false
	}
	switch _, name, _ := cutLast(rest); name {
	case "status":
		return "Status", value, true
	case "delay":
		return "Delay", value, true
	}
	return "", "", false
}

func cutLast(path string) (before, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return path, "", false
	}
	return path[:i], path[i+1:], true
}

// concerns picks this server's value from "value" or "server=value,…"; false if there is none.
func concerns(server, value string) (string, bool) {
	if value == "" {
		return "", false
	}
	if !strings.Contains(value, "=") {
		return value, true
	}
	for part := range strings.SplitSeq(value, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name == server {
			return v, true
		}
	}
	return "", false
}

func (w *wish) set(kind, value string) error {
	switch kind {
	case "Status":
		n, err := strconv.Atoi(value)
		// 1xx would be sent as an interim answer, followed by 200.
		if err != nil || n < 200 || n > 999 {
			return fmt.Errorf("X-Echo-Status: %q is no status from 200 to 999", value)
		}
		w.status = n
	case "Delay":
		d, err := parseDelay(value)
		if err != nil || d < 0 || d > maxDelay {
			return fmt.Errorf("X-Echo-Delay: %q is no time up to %s", value, maxDelay)
		}
		w.delay = d
	case "Close":
		switch value {
		case "head", "1", "true":
			w.cut = cutHead
		case "body":
			w.cut = cutBody
		default:
			return fmt.Errorf("X-Echo-Close: %q is neither head nor body", value)
		}
	case "Body-Size":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > maxBodySize {
			return fmt.Errorf("X-Echo-Body-Size: %q is no size up to %d", value, maxBodySize)
		}
		w.bodySize = &n
	default:
		return fmt.Errorf("X-Echo-%s is not known", kind)
	}
	return nil
}

func parseDelay(value string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return time.ParseDuration(value)
}
