package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// maxHeaderBytes lets net/http stop early at what the verifier would refuse anyway.
	maxHeaderBytes = 48 << 10
	// drain is how long requests in flight may take to finish once the service has been told to stop.
	drain = 30 * time.Second
)

// listen binds an address, or says what to do about one in use.
func listen(address, flag string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program: stop it, or choose another address with %s", address, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w: choose another address with %s", address, err, flag)
	}
	return listener, nil
}

// endpoint is a listener with what it serves.
type endpoint struct {
	listener net.Listener
	handler  http.Handler
	tls      *tls.Config // nil for plain HTTP
}

// serveUntil serves until ctx ends, then lets requests in flight finish, and returns the first
// error that was not the wish to stop.
func serveUntil(ctx context.Context, logger *slog.Logger, endpoints ...endpoint) error {
	servers := make([]*http.Server, len(endpoints))
	stopped := make(chan error, len(endpoints))
	for i, e := range endpoints {
		servers[i] = &http.Server{
			Handler:                      e.handler,
			TLSConfig:                    e.tls,
			MaxHeaderBytes:               maxHeaderBytes,
			ReadHeaderTimeout:            10 * time.Second,
			ReadTimeout:                  time.Minute,
			WriteTimeout:                 5 * time.Minute,
			IdleTimeout:                  2 * time.Minute,
			DisableGeneralOptionsHandler: true,
			ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		}
		go func() { stopped <- serveOne(servers[i], e) }()
	}
	var first error
	running := len(servers)
	select {
	case <-ctx.Done():
		logger.Info("stopping: letting requests in flight finish", "at most", drain)
	case first = <-stopped:
		running--
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(grace); err != nil {
			_ = server.Close() // whoever has not finished by now is cut off
			first = errors.Join(first, fmt.Errorf("requests were still in flight after %v: %w", drain, err))
		}
	}
	for ; running > 0; running-- {
		first = errors.Join(first, <-stopped)
	}
	return first
}

func serveOne(server *http.Server, e endpoint) error {
	var err error
	if e.tls != nil {
		err = server.ServeTLS(e.listener, "", "")
	} else {
		err = server.Serve(e.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
