package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/service/admin"
	"github.com/countersign-dev/countersign/internal/service/secretuse"
	"github.com/countersign-dev/countersign/internal/service/whoami"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
	"github.com/countersign-dev/countersign/server"
)

func newServeCommand() *cobra.Command {
	var (
		dev        bool
		configPath string
		devOptions devOptions
	)
	cmd := &cobra.Command{
		Use:   "serve (--dev | --config FILE)",
		Short: "Verify requests",
		Long: `Start a verifier. Behind it stands an upstream, a proxy that asks it about each request
(forward_auth), or /whoami alone, which answers a signed request with who signed it.

With --dev it needs nothing: it makes a key, keeps it and the used nonces in a directory (--data;
a temporary one that is removed at the end, if not given), and prints the settings of a client on
standard output, then two curl commands to paste. Logs go to standard error.

With --config it reads a YAML file:
  version: 1
  listen: 0.0.0.0:8443
  admin: 127.0.0.1:9443            # /healthz, /readyz, and /keys/ID for 'countersign keys show'
  tls: {certificate: tls.crt, key: tls.key}
  region: live
  service: orders
  keys: {file: keys.yaml}          # made by 'countersign keys new'
  store: {badger: {path: ./claims, durability: os, initial: replacement}}
  policy: {max_body: 1MiB, require_signed: [idempotency-key]}
  log: {level: info}               # to find a fault: {level: debug, record: true}, for 'countersign explain'
  routes:                          # any path, if left out; else these alone
    - {match: "GET /whoami", scopes: ["orders:read"], presign: reusable}   # else a presigned URL works once
    - {match: "PUT /v1/files/{id}", body: stream}                          # else it is checked before it goes on
  upstream: http://127.0.0.1:9000  # or {address: …, timeout: 60s, max_streamed: 1GiB, upgrades: false}
  forward_auth: {path: /authz, trusted_proxies: [127.0.0.1/32]}            # or prefix, for Envoy

Keys may lie in Vault instead (each field but auth has a default, or comes from VAULT_…):
  keys:
    vault:
      address: https://vault.example:8200
      mount: secret                # a KV engine, version 2
      prefix: countersign/keys
      auth: {approle: {role_id: …, secret_id_file: secret-id}}   # or token_file, kubernetes {role}
      tls: {ca: vault-ca.pem}
      overlap: 24h                 # how long a rotated secret stays valid
      refresh: 30s
      max_stale: 10m               # how long keys serve while Vault is away

Upstreams get verified requests alone, with X-Countersign-Key-Id, -Scopes, -Environment,
-Request-Id and -Body-Sha256. A proxy that asks (nginx auth_request, Caddy forward_auth) does not
show the body: the API behind it has to compare it with X-Countersign-Body-Sha256 (server.BodyCheck).
Configurations of proxies are in examples/proxies. --dev has /whoami alone.

On SIGTERM or Ctrl-C it finishes the requests in flight and closes the store; a second one ends it
at once.`,
		Example: `  countersign serve --dev
  countersign serve --dev --data ./dev --listen 127.0.0.1:9000 > dev.env
  countersign serve --config countersign.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second signal ends the process at once
			switch {
			case dev == (configPath != ""):
				return usagef("give either --dev or --config FILE")
			case dev:
				return serveDev(ctx, devOptions, cmd.OutOrStdout(), cmd.ErrOrStderr())
			case cmd.Flags().Changed("data") || cmd.Flags().Changed("listen") || cmd.Flags().Changed("log-records"):
				return usagef("--data, --listen and --log-records belong to --dev: with --config, set store, listen and log in the file")
			}
			return serveConfig(ctx, configPath, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&dev, "dev", false, "try it out, with a key made for you")
	cmd.Flags().StringVar(&configPath, "config", "", "read the settings from this YAML `FILE`")
	cmd.Flags().StringVar(&devOptions.data, "data", "", "with --dev: keep key and nonces in this `DIR` (default: a temporary one)")
	cmd.Flags().StringVar(&devOptions.listen, "listen", "127.0.0.1:8080", "with --dev: the `ADDRESS` to listen on")
	cmd.Flags().BoolVar(&devOptions.logRecords, "log-records", false, "with --dev: log what 'countersign explain' reads of refused requests (query values, nonces and signed headers among it)")
	return cmd
}

// parts are what a running service holds and must close.
type parts struct {
	keys     *keySource
	nonces   *badgerstore.Store
	verifier *server.Verifier
	uses     *secretuse.Recorder
}

// assemble makes a verifier of opened parts.
func (p *parts) assemble(policy server.Policy) (err error) {
	p.uses = secretuse.New(p.keys, time.Now)
	observe := policy.Observe
	policy.Observe = func(ctx context.Context, d server.Decision) {
		p.uses.Observe(ctx, d)
		observe(ctx, d)
	}
	p.verifier, err = server.NewVerifier(p.keys, p.nonces, policy)
	return err
}

// close closes what is open, the store last.
func (p *parts) close() error {
	var failures error
	if p.keys != nil {
		failures = errors.Join(failures, p.keys.close())
	}
	if p.nonces != nil {
		failures = errors.Join(failures, p.nonces.Close())
	}
	return failures
}

// public is what clients reach: everything behind the verifier.
func (p *parts) public() http.Handler { return p.verifier.Handler(whoami.Handler()) }

// private is what operators reach.
func (p *parts) private() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/keys/", p.uses.Handler())
	mux.Handle("/", admin.Handler(
		admin.Check{Name: "store", State: func(ctx context.Context) (string, error) { return "", p.nonces.Ready(ctx) }},
		admin.Check{Name: "keys", State: p.keys.state},
	))
	return mux
}

func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
