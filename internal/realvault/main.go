// Command realvault runs a real HashiCorp Vault in one process, for tests: unsealed, with KV v2
// mounted at secret/ and AppRole enabled at auth/approle/. It is a module of its own so that no
// program of Countersign's depends on Vault.
//
// It prints its address, root token and unseal key, one NAME=VALUE a line, then serves until its
// standard input ends, so that it never outlives the test that started it.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/vault"
)

// settings are the flags.
type settings struct {
	listen      string
	directory   string
	certificate string
	key         string
	sealed      bool
}

func main() {
	var s settings
	flag.StringVar(&s.listen, "listen", "127.0.0.1:0", "the address to listen on")
	flag.StringVar(&s.directory, "directory", "", "where data, root token and unseal key are kept across restarts; empty keeps them in memory")
	flag.StringVar(&s.certificate, "tls-certificate", "", "a PEM certificate chain; empty serves plain HTTP")
	flag.StringVar(&s.key, "tls-key", "", "its private key, in PEM")
	flag.BoolVar(&s.sealed, "sealed", false, "leave a Vault that was started before sealed")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		log.Fatal("realvault: ", err)
	}
}

func run(ctx context.Context, s settings) error {
	core, err := newCore(s.directory)
	if err != nil {
		return err
	}
	initial, fresh, err := initialize(ctx, core, s.directory)
	if err != nil {
		return err
	}
	if fresh || !s.sealed {
		if err := unseal(core, initial); err != nil {
			return err
		}
	}
	listener, address, err := listen(s)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- http.Serve(listener, newHandler(core, listener)) }()
	if fresh {
		if err := mount(ctx, core, initial); err != nil {
			return err
		}
	}
	fmt.Printf("VAULT_ADDR=%s\nVAULT_TOKEN=%s\nVAULT_UNSEAL_KEY=%s\n", address, initial.RootToken, initial.UnsealKey)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	select {
	case err := <-failed:
		return err
	case <-ended:
		return nil
	}
}

func listen(s settings) (listener net.Listener, address string, err error) {
	if listener, err = net.Listen("tcp", s.listen); err != nil {
		return nil, "", err
	}
	if s.certificate == "" {
		return listener, "http://" + listener.Addr().String(), nil
	}
	certificate, err := tls.LoadX509KeyPair(s.certificate, s.key)
	if err != nil {
		return nil, "", err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return tls.NewListener(listener, config), "https://" + listener.Addr().String(), nil
}

func newHandler(core *vault.Core, listener net.Listener) http.Handler {
	return vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{Address: listener.Addr().String()},
	})
}
