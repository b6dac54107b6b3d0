package workload

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
)

// Endpoint is a server to connect to.
type Endpoint struct {
	Address string      // host:port
	TLS     *tls.Config // nil for plain HTTP
}

// EndpointOf returns the endpoint of an http or https URL.
func EndpointOf(u *url.URL) Endpoint {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	e := Endpoint{Address: net.JoinHostPort(u.Hostname(), port)}
	if u.Scheme == "https" {
		e.TLS = &tls.Config{ServerName: u.Hostname(), NextProtos: []string{"http/1.1"}}
	}
	return e
}

func (e Endpoint) dial(ctx context.Context) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", e.Address)
	if err != nil || e.TLS == nil {
		return conn, err
	}
	secured := tls.Client(conn, e.TLS)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}
