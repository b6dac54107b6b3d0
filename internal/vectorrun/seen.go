package vectorrun

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// seen is what one handler saw of a request. It shares nothing with the request but the reading of
// the body: body grows with what is read after see.
type seen struct {
	method, target, path, query, host string
	header                            http.Header
	signed                            []string // the names that the signature covers, if it has been verified
	body                              bytes.Buffer
	bodyErr                           error
	trailer                           int
}

func see(req *http.Request) *seen {
	s := &seen{
		method: req.Method, target: req.RequestURI, path: req.URL.EscapedPath(), query: req.URL.RawQuery, host: req.Host,
		header: req.Header.Clone(),
	}
	if id, ok := server.IdentityFrom(req.Context()); ok {
		s.signed = strings.Split(id.SignedHeaders, ";")
	}
	if req.Body != http.NoBody {
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(req.Body, &s.body), req.Body}
	}
	return s
}

// receive is see for a handler that reads the body to its end.
func receive(req *http.Request) *seen {
	s := see(req)
	_, s.bodyErr = io.Copy(io.Discard, req.Body)
	s.trailer = len(req.Trailer)
	return s
}

// differs says in which respect a handler saw another request than the verifier before it, or "". A
// header may be gone, unless it is signed, and its values may stand on one line.
func (s *seen) differs(verified *seen) string {
	for _, part := range [...]struct{ name, received, verified string }{
		{"method", s.method, verified.method},
		{"target", s.target, verified.target},
		{"path", s.path, verified.path},
		{"query", s.query, verified.query},
		{"host", s.host, verified.host},
		{"body", s.body.String(), verified.body.String()},
	} {
		if part.received != part.verified {
			return fmt.Sprintf("its %s is %q and was %q", part.name, part.received, part.verified)
		}
	}
	for name, values := range s.header {
		if before := verified.header[name]; !slices.Equal(values, before) &&
			(len(before) == 0 || canonical.CanonicalValue(values) != canonical.CanonicalValue(before)) {
			return fmt.Sprintf("its header %s is %q and was %q", name, values, before)
		}
	}
	for _, name := range s.signed {
		if _, found := s.header[http.CanonicalHeaderKey(name)]; !found && name != "host" {
			return fmt.Sprintf("its signed header %s is gone", name)
		}
	}
	switch {
	case s.bodyErr != nil:
		return fmt.Sprintf("its body ends in an error: %v", s.bodyErr)
	case s.trailer != 0:
		return "it has trailers, which no signature covers"
	}
	return ""
}
