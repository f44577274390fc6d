package main

import (
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// answer is that of the authentication service: it lets everybody in, after X-Delay milliseconds.
func answer(w http.ResponseWriter, r *http.Request) {
	if ms, err := strconv.Atoi(r.Header.Get("X-Delay")); err == nil {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	w.Header().Set("X-Auth-User", "alice")
	_, _ = io.WriteString(w, "ok")
}

func serve(l net.Listener, h http.HandlerFunc) { _ = (&http.Server{Handler: h}).Serve(l) }

// agent asks the service for HAProxy, as a part of Hawser would.
type agent struct {
	client  *http.Client
	service string
}

func newAgent(service string) *agent {
	return &agent{
		client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}, Timeout: 5 * time.Second},
		service: service,
	}
}

func (a *agent) ask(method, uri string, header http.Header) (status int, user string) {
	r, err := http.NewRequest(method, "http://"+a.service+uri, nil)
	if err != nil {
		return 0, ""
	}
	r.Header = header
	resp, err := a.client.Do(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode, resp.Header.Get("X-Auth-User")
}

// http is the agent behind a unix socket.
func (a *agent) http(w http.ResponseWriter, r *http.Request) {
	status, user := a.ask(http.MethodGet, r.URL.RequestURI(), r.Header.Clone())
	if status == 0 {
		status = http.StatusBadGateway
	}
	w.Header().Set("X-Auth-User", user)
	w.WriteHeader(status)
}

// spoe is the agent as HAProxy's offload engine asks it.
func (a *agent) spoe(method, uri, headers string) map[string]string {
	header := http.Header{}
	for line := range strings.SplitSeq(headers, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && !strings.EqualFold(name, "host") {
			header.Add(textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(value))
		}
	}
	status, user := a.ask("GET", uri, header)
	return map[string]string{"auth": strconv.Itoa(status), "h1": user}
}
