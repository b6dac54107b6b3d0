package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/countersign-dev/countersign/internal/service/config"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
	"github.com/countersign-dev/countersign/server"
)

// serveConfig runs the service that a configuration file describes.
func serveConfig(ctx context.Context, path string, stderr io.Writer) (err error) {
	c, err := config.Load(path)
	if err != nil {
		return err
	}
	logger := newLogger(stderr, c.Log.SlogLevel())
	policy := server.Policy{
		Region: c.Region, Service: c.Service, MaxBody: c.Policy.MaxBody.N,
		RequireSigned: c.Policy.RequireSigned, Routes: c.Routes.Policy(),
		Observe: logDecisions(logger, slog.LevelDebug), Record: c.Log.Record,
	}
	if err := policy.Check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	public, private, err := bind(c, path)
	if err != nil {
		return err
	}
	defer public.listener.Close()
	if private.listener != nil {
		defer private.listener.Close()
	}

	var p parts
	defer func() { err = errors.Join(err, p.close()) }()
	if p.keys, err = openKeys(ctx, c.Keys, logger); err != nil {
		return err
	}
	if p.nonces, err = badgerstore.Open(ctx, c.Store.Badger.Path, storeOptions(c.Store.Badger, logger)); err != nil {
		return err
	}
	if err := p.assemble(policy); err != nil {
		return err
	}
	warnOfRecords(logger, c.Log.Record)
	public.handler = p.gateway(c, logger)
	endpoints := []endpoint{public}
	if private.listener != nil {
		private.handler = p.private()
		endpoints = append(endpoints, private)
	}
	logger.Info("serving", "address", public.listener.Addr().String(), "region", c.Region, "service", c.Service)
	return serveUntil(ctx, logger, endpoints...)
}

// bind takes the addresses before anything else is touched. Without admin, private has no listener.
func bind(c *config.Config, path string) (public, private endpoint, err error) {
	if c.TLS != nil {
		certificate, err := tls.LoadX509KeyPair(c.TLS.Certificate, c.TLS.Key)
		if err != nil {
			return public, private, fmt.Errorf("tls: %w: name a PEM certificate chain and its private key", err)
		}
		public.tls = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	if public.listener, err = listen(c.Listen, "listen in "+path); err != nil || c.Admin == "" {
		return public, private, err
	}
	if private.listener, err = listen(c.Admin, "admin in "+path); err != nil {
		_ = public.listener.Close()
	}
	return public, private, err
}

// storeOptions translates a checked configuration.
func storeOptions(b *config.Badger, logger *slog.Logger) badgerstore.Options {
	options := badgerstore.Options{Capacity: b.Capacity, MinFree: b.MinFree.N, Logger: logger}
	if b.Durability == "fsync" {
		options.Durability = badgerstore.DurabilityFsync
	}
	if b.Initial == "new" {
		options.Initial = nonce.New
	}
	return options
}
