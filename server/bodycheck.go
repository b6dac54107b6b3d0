package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"

	"github.com/countersign-dev/countersign/canonical"
)

// BodySHA256Header carries [Identity.BodySHA256] from a verifier that a proxy has asked to the
// application behind that proxy.
const BodySHA256Header = "X-Countersign-Body-Sha256"

// ErrBodyMismatch: a body is not the one that was signed.
var ErrBodyMismatch = errors.New("the body is not the one that was signed")

// BodyCheck returns middleware for an application behind a proxy that asks a verifier about each
// request, but does not show it the body (nginx auth_request, Caddy forward_auth, Traefik
// ForwardAuth). It reads the body, at most maxBody bytes, and lets a request through if its SHA-256 is
// that of X-Countersign-Body-Sha256, which the proxy must copy from the verifier's answer to every
// request. Without that header, or with two, it refuses: a signature of a request without a body would
// otherwise be good for one with any body.
func BodyCheck(maxBody int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if rejection := CheckRequestBody(req, maxBody); rejection != nil {
				rejection.Write(w)
				return
			}
			next.ServeHTTP(w, req)
		})
	}
}

// CheckRequestBody is what [BodyCheck] does: it puts the checked bytes in the body's place, or returns
// the refusal.
func CheckRequestBody(req *http.Request, maxBody int64) *Rejection {
	refuse := func(reason canonical.Reason, detail string) *Rejection {
		return &Rejection{Reason: reason, Detail: detail, RequestID: newRequestID(), public: reason.Code() == canonical.CodeMalformed}
	}
	want := req.Header[BodySHA256Header]
	if len(want) != 1 {
		return refuse(canonical.MissingHeader, BodySHA256Header+" must stand once: have the proxy copy it from the verifier's answer")
	}
	if len(req.Trailer) != 0 {
		return refuse(canonical.Trailer, "trailers cannot be signed: send none")
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	switch {
	case err != nil:
		rejection := rejectRead(err)
		rejection.RequestID = newRequestID()
		return rejection
	case int64(len(body)) > maxBody:
		return refuse(canonical.PayloadTooLarge, "the body is longer than the limit")
	case len(req.Trailer) != 0:
		return refuse(canonical.Trailer, "trailers cannot be signed: send none")
	}
	if want[0] != canonical.HashUnsignedPayload {
		sum := sha256.Sum256(body)
		if want[0] != hex.EncodeToString(sum[:]) {
			return refuse(canonical.BodyMismatch, ErrBodyMismatch.Error())
		}
	}
	req.Body, req.ContentLength, req.TransferEncoding = newVerifiedBody(body), int64(len(body)), nil
	return nil
}

// CheckedBody returns a body with the same bytes that ends only if their SHA-256 is want, in lower-case
// hex; else it fails with [ErrBodyMismatch] in place of its last byte, so that whoever it is copied to
// never has all of it. Closing it closes body. For [canonical.HashUnsignedPayload] it is body itself.
func CheckedBody(body io.ReadCloser, want string) io.ReadCloser {
	if want == canonical.HashUnsignedPayload {
		return body
	}
	return &checkedBody{body: body, want: want, sum: sha256.New()}
}

type checkedBody struct {
	body io.ReadCloser
	want string
	sum  hash.Hash
	last [1]byte // of what was read, not delivered yet
	held int     // 1 if there is such a byte
	end  error   // once the body has ended: io.EOF, or why it may not be delivered
}

// Read delivers all that was read but its last byte, until the end has been checked.
func (c *checkedBody) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if c.end == io.EOF && c.held == 1 {
			c.held = 0
			return copy(p, c.last[:]), nil
		}
		if c.end != nil {
			return 0, c.end
		}
		n, err := c.body.Read(p)
		delivered := c.shift(p, n)
		if err == io.EOF {
			err = c.check()
		}
		c.end = err
		if delivered > 0 {
			return delivered, nil
		}
	}
	return 0, nil
}

// shift puts the byte held back before the n that were read, and holds back the last of them.
func (c *checkedBody) shift(p []byte, n int) (delivered int) {
	if n == 0 {
		return 0
	}
	c.sum.Write(p[:n])
	last := p[n-1]
	delivered = n - 1 + c.held
	if c.held == 1 {
		copy(p[1:n], p[:n-1])
		p[0] = c.last[0]
	}
	c.last[0], c.held = last, 1
	return delivered
}

func (c *checkedBody) check() error {
	if hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return ErrBodyMismatch
	}
	return io.EOF
}

// Close closes the body that was given.
func (c *checkedBody) Close() error { return c.body.Close() }
