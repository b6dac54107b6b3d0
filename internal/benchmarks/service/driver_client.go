package service

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// prepareClient makes the headers of all requests, for Go's own client, as most callers use it.
func prepareClient(l load) (func(context.Context) (Result, error), error) {
	headers := make([]http.Header, l.requests)
	for i := range headers {
		req, err := l.kind.New("http://" + l.address)
		if err != nil {
			return nil, err
		}
		if l.credential != nil {
			if err := l.credential(req); err != nil {
				return nil, err
			}
		}
		headers[i] = req.Header
	}
	transport := &http.Transport{MaxIdleConnsPerHost: l.connections, DisableCompression: true}
	c := &callers{load: l, headers: headers, took: make([]time.Duration, l.requests), client: &http.Client{Transport: transport}}
	return func(ctx context.Context) (Result, error) {
		defer transport.CloseIdleConnections()
		return c.run(ctx)
	}, nil
}

// callers send requests with Go's client, each the next as soon as one is answered.
type callers struct {
	load
	headers []http.Header
	took    []time.Duration
	client  *http.Client
	next    atomic.Int64
}

func (c *callers) run(ctx context.Context) (Result, error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range c.connections {
		group.Go(func() error {
			req, err := c.kind.New("http://" + c.address)
			if err != nil {
				return err
			}
			body := c.kind.Body()
			for {
				i := int(c.next.Add(1) - 1)
				if i >= len(c.headers) {
					return nil
				}
				if err := c.send(req.WithContext(ctx), body, i); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	elapsed := time.Since(began)
	slices.Sort(c.took)
	return Result{
		PerSecond: float64(c.requests) / elapsed.Seconds(),
		P50:       c.took[c.requests/2], P99: c.took[c.requests*99/100],
	}, nil
}

func (c *callers) send(req *http.Request, body []byte, i int) error {
	req.Header = c.headers[i]
	if body != nil {
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	began := time.Now()
	answer, err := c.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	c.took[i] = time.Since(began)
	_ = answer.Body.Close()
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("a request was answered %s", answer.Status)
	}
	return err
}
