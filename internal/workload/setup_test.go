package workload

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start serves a handler, and returns a plan of 40 GET requests to it, on 4 connections.
func start(t *testing.T, handler http.HandlerFunc) Plan {
	t.Helper()
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return planFor(t, api)
}

func planFor(t *testing.T, api *httptest.Server) Plan {
	t.Helper()
	address, err := url.Parse(api.URL)
	require.NoError(t, err)
	return Plan{
		Endpoint: EndpointOf(address), Method: http.MethodGet, Requests: 40, Connections: 4, Timeout: time.Minute,
		Source: repeating("GET / HTTP/1.1\r\nHost: " + address.Host + "\r\n\r\n"),
	}
}

func repeating(wire string) func() (Source, error) {
	return func() (Source, error) { return Repeat([]byte(wire)), nil }
}

// startRaw serves connections with a function, one goroutine each.
func startRaw(t *testing.T, serve func(net.Conn)) Plan {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return Plan{
		Endpoint: Endpoint{Address: listener.Addr().String()}, Method: http.MethodGet, Requests: 10, Connections: 2,
		Timeout: time.Minute, Source: repeating("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	}
}

// run carries out a plan that must succeed.
func run(t *testing.T, plan Plan) Report {
	t.Helper()
	meter := NewMeter()
	require.NoError(t, Run(t.Context(), plan, meter))
	return meter.Report()
}
