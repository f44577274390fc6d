package oracle

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
)

// startHTTP2 serves gRPC and plain requests over HTTP/2, with prior knowledge or over TLS.
func (f *Farm) startHTTP2(s server, l net.Listener) error {
	srv := &http.Server{Handler: f.http2Handler(s), Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0)}
	if s.kind == grpcServer {
		srv.Protocols.SetUnencryptedHTTP2(true)
	} else {
		conf, err := f.tlsConfig()
		if err != nil {
			return err
		}
		conf.NextProtos = []string{"h2"}
		srv.TLSConfig = conf
		srv.Protocols.SetHTTP2(true)
		l = tls.NewListener(l, conf)
	}
	f.http = append(f.http, srv)
	f.group.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return // closed by Close, which is all that ends it
		}
	})
	return nil
}

func (f *Farm) http2Handler(s server) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(io.LimitReader(q.Body, maxBody))
		saw := Sighting{Server: s.name, Method: q.Method, URI: q.RequestURI, Proto: q.Proto, Host: q.Host, Headers: shown(q.Header),
			BodyLen: len(body), BodySHA256: hashOf(body), BodyCut: err != nil}
		if q.ContentLength > 0 && q.Header.Get("Content-Length") == "" {
			saw.Headers["Content-Length"] = []string{strconv.FormatInt(q.ContentLength, 10)}
		}
		if q.TLS != nil {
			saw.TLS = upstreamState(*q.TLS)
		}
		f.log.add(q.Header.Get(idHeader), saw)
		r := behave(s, saw, q.Header)
		if !f.pause(r.delay) || r.cut {
			panic(http.ErrAbortHandler)
		}
		for _, l := range r.fields {
			w.Header().Add(l.name, l.value)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
		if r.isGRPC {
			w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		}
		w.WriteHeader(r.status)
		w.Write(r.body)
		if !r.isGRPC {
			return
		}
		w.Header().Set("Grpc-Status", "0")
		w.Header().Set("Grpc-Message", "")
		if r.grpc != "" {
			w.Header().Set("Grpc-Status", r.grpc)
			w.Header().Set("Grpc-Message", "as asked")
		}
	}
}
