package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// What net/http will write on the wire for a request, so that just that is signed.

// wireMethod returns the method as sent.
func wireMethod(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// appendWireTarget appends the request-target as sent: what url.RequestURI returns, without
// building a string of its own.
func appendWireTarget(dst []byte, u *url.URL) []byte {
	if u.Opaque != "" {
		return append(dst, u.RequestURI()...)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	dst = append(dst, path...)
	if u.ForceQuery || u.RawQuery != "" {
		dst = append(dst, '?')
		dst = append(dst, u.RawQuery...)
	}
	return dst
}

// wireHost returns the Host header, or :authority, as sent.
func wireHost(req *http.Request) (string, error) {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; c >= 0x80 || c == '%' {
			return writtenHost(host)
		}
	}
	return host, nil
}

// writtenHost asks net/http how it writes a host that it does not write as it stands: one in
// Unicode, or an IPv6 address with a zone.
func writtenHost(host string) (string, error) {
	probe := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Host: host, Header: http.Header{}}
	var written bytes.Buffer
	if err := probe.Write(&written); err != nil {
		return "", refuse(canonical.BadHeader, "the host of the URL cannot be written in ASCII")
	}
	_, rest, _ := strings.Cut(written.String(), "\r\nHost: ")
	host, _, _ = strings.Cut(rest, "\r\n")
	return host, nil
}

// checkSendable refuses what no form of signing could help.
func checkSendable(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("the request has no URL")
	case req.Method == http.MethodConnect:
		return refuse(canonical.BadTarget, "CONNECT has no path that could be signed")
	case len(req.Trailer) != 0:
		return refuse(canonical.Trailer, "trailers cannot be signed: send none")
	}
	return nil
}

// closeBody closes what the caller handed over, as a RoundTripper must whatever happens.
func closeBody(body io.ReadCloser) {
	if body != nil {
		_ = body.Close()
	}
}
