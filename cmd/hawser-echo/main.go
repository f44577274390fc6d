// Command hawser-echo is a backend for trying out routes: it answers with the request that it saw, as JSON.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/hawser-ingress/hawser/internal/echo"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9000", "address to listen on")
	name := flag.String("name", "echo", "what the answers call this backend")
	cert := flag.String("tls-cert", "", "PEM file with a certificate; the backend then speaks HTTPS")
	key := flag.String("tls-key", "", "PEM file with the certificate's key")
	flag.Parse()

	if err := run(*addr, *name, *cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "hawser-echo:", err)
		os.Exit(1)
	}
}

func run(addr, name, certFile, keyFile string) error {
	config := echo.Config{Name: name, Addr: addr}
	if (certFile == "") != (keyFile == "") {
		return fmt.Errorf("-tls-cert and -tls-key belong together")
	}
	if certFile != "" {
		var err error
		if config.TLSCert, err = os.ReadFile(certFile); err != nil {
			return err
		}
		if config.TLSKey, err = os.ReadFile(keyFile); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	server, err := echo.Start(config)
	if err != nil {
		return err
	}
	fmt.Printf("%s listens on %s\n", name, server.Addr())
	<-ctx.Done()
	return server.Close()
}
