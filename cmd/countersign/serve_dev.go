package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// What serve --dev pins.
const (
	devRegion  = "dev"
	devService = "demo"
)

type devOptions struct {
	data, listen string
	logRecords   bool
}

// serveDev runs a verifier that needs nothing but a port.
func serveDev(ctx context.Context, options devOptions, stdout, stderr io.Writer) (err error) {
	level := slog.LevelInfo
	if options.logRecords {
		level = slog.LevelDebug
	}
	logger := newLogger(stderr, level)
	listener, err := listen(options.listen, "--listen")
	if err != nil {
		return err
	}
	defer listener.Close()

	if options.data == "" {
		if options.data, err = os.MkdirTemp("", "countersign-dev-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(options.data)) }()
	} else if err := os.MkdirAll(options.data, 0o700); err != nil {
		return fmt.Errorf("%w: name a directory that can be made, with --data", err)
	}
	var p parts
	defer func() { err = errors.Join(err, p.close()) }()

	// The store's lock comes first: it keeps a second process from making a second key.
	p.nonces, err = badgerstore.Open(ctx, filepath.Join(options.data, "claims"), badgerstore.Options{Initial: nonce.New, Logger: logger})
	if err != nil {
		return err
	}
	keyFile := filepath.Join(options.data, "keys.yaml")
	key, err := devKey(ctx, keyFile)
	if err != nil {
		return err
	}
	if p.keys, err = fileSource(keyFile, logger); err != nil {
		return err
	}
	err = p.assemble(server.Policy{
		Region: devRegion, Service: devService,
		Observe: logDecisions(logger, slog.LevelInfo), Record: options.logRecords,
	})
	if err != nil {
		return err
	}
	warnOfRecords(logger, options.logRecords)
	printDev(stdout, "http://"+reachable(listener.Addr().String()), key)
	logger.Info("serving", "address", listener.Addr().String(), "region", devRegion, "service", devService)
	return serveUntil(ctx, logger, endpoint{listener: listener, handler: p.public()})
}

// devKey returns the key that the file holds, or makes one.
func devKey(ctx context.Context, path string) (filekeys.Record, error) {
	records, err := filekeys.Read(path)
	if err == nil && len(records) > 0 {
		return records[0], nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return filekeys.Record{}, err
	}
	record, err := filekeys.NewRecord(devRegion, time.Now())
	if err != nil {
		return filekeys.Record{}, err
	}
	record.Dialects = canonical.Dialects()
	_, err = filekeys.Edit(ctx, path, filekeys.EditOptions{Create: true}, func(records []filekeys.Record) ([]filekeys.Record, error) {
		return append(records, record), nil
	})
	return record, err
}

// reachable returns an address to which a client on this machine can connect, of one that may be a
// wildcard.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// printDev prints what a client needs, one setting a line, then two commands to paste.
func printDev(w io.Writer, url string, key filekeys.Record) {
	secret := key.Secrets[0].Secret.Reveal()
	curl := fmt.Sprintf("curl -i --aws-sigv4 cs:countersign:%s:%s --user %s:%s", devRegion, devService, key.ID, secret)
	fmt.Fprintf(w, `COUNTERSIGN_URL=%s
COUNTERSIGN_KEY_ID=%s
COUNTERSIGN_SECRET=%s
COUNTERSIGN_REGION=%s
COUNTERSIGN_SERVICE=%s

# Run it twice: the second is a replay.
%s -H "X-Countersign-Nonce: %s" '%s/whoami'

# Run it as often as you like: each has a nonce of its own.
%s -H "X-Countersign-Nonce: $(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" '%s/whoami'
`, url, key.ID, secret, devRegion, devService, curl, uuid.NewString(), url, curl, url)
}
