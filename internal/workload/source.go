package workload

import (
	"bytes"
	"fmt"
	"net/http"
)

// FromRequest returns a source that sends req again and again. prepare, unless it is nil, is called
// on it before each time: it signs it. req's body must have a GetBody, and req must not be used
// otherwise; the header User-Agent is sent only if it is set.
func FromRequest(req *http.Request, prepare func(*http.Request) error) (Source, error) {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return nil, fmt.Errorf("workload: the request's body can be read only once: set GetBody")
	}
	if _, given := req.Header["User-Agent"]; !given {
		req.Header["User-Agent"] = []string{""} // which net/http leaves out
	}
	var wire bytes.Buffer
	return func() ([]byte, error) {
		if prepare != nil {
			if err := prepare(req); err != nil {
				return nil, err
			}
		}
		if req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			req.Body = body
		}
		wire.Reset()
		if err := req.Write(&wire); err != nil {
			return nil, err
		}
		return wire.Bytes(), nil
	}, nil
}

// Repeat returns a source of the same bytes again and again.
func Repeat(wire []byte) Source {
	return func() ([]byte, error) { return wire, nil }
}
