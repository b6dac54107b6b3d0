package testvectors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// http2Request makes of HTTP/2's fields the request that net/http's server gives to a handler.
func http2Request(raw []byte) (*http.Request, error) {
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("no empty line follows the fields")
	}
	pseudo, header := map[string]string{}, http.Header{}
	for _, line := range strings.Split(string(head), "\r\n") {
		name, value, found := strings.Cut(line, ": ")
		switch {
		case !found || name == "" || strings.ToLower(name) != name:
			return nil, fmt.Errorf("%q is not of the form name: value, in lower case", line)
		case name[0] != ':':
			header.Add(name, value)
		case len(header) != 0:
			return nil, errors.New("a pseudo-header follows other fields")
		default:
			pseudo[name] = value
		}
	}
	target, err := url.ParseRequestURI(pseudo[":path"])
	if err != nil {
		return nil, err
	}
	req := &http.Request{
		Method: pseudo[":method"], URL: target, RequestURI: pseudo[":path"], Host: pseudo[":authority"], Header: header,
		Proto: "HTTP/2.0", ProtoMajor: 2, Body: http.NoBody,
	}
	if req.Host == "" {
		req.Host = header.Get("Host")
	}
	if len(body) != 0 {
		if req.ContentLength, err = strconv.ParseInt(header.Get("Content-Length"), 10, 64); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return req, nil
}
