package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"github.com/countersign-dev/countersign/canonical"
)

// checkBody is step 7: read the body, unless the MAC has covered what was received already, and
// compare it with what the MAC covers. A body of declared length 0 is read as well: not every
// server and middleware keeps to what is declared.
func (s *verification) checkBody(context.Context) *Rejection {
	if s.headOnly || s.bodyRead || !s.hasBody() && s.payloadHash == canonical.HashEmptyPayload {
		return nil
	}
	if s.hasBody() {
		id := s.nonceID()
		if !s.v.reading.enter(id) {
			return reject(canonical.Replayed, "another copy of the request is being read")
		}
		defer s.v.reading.leave(id)
		if rejection := s.readBody(s.v.policy.MaxBody); rejection != nil {
			return rejection
		}
	}
	if hash := s.bodyHash(); s.payloadHash != canonical.HashUnsignedPayload && s.payloadHash != string(hash[:]) {
		return reject(canonical.BodyMismatch, "the body is not the one that was signed")
	}
	return nil
}

func (s *verification) hasBody() bool { return s.req.Body != nil && s.req.Body != http.NoBody }

// bodyHash returns the SHA-256 of the body that was read, in hex.
func (s *verification) bodyHash() (text [2 * sha256.Size]byte) {
	sum := sha256.Sum256(s.body)
	hex.Encode(text[:], sum[:])
	return text
}

const firstRead = 16 << 10

// readBody reads the whole body, at most limit bytes. The buffer grows as bytes arrive, not as
// Content-Length promises them, and counts against the budget of all bodies being read.
func (s *verification) readBody(limit int64) *Rejection {
	length := s.req.ContentLength
	if length > limit {
		return reject(canonical.PayloadTooLarge, "the body is longer than the limit")
	}
	size := min(int64(firstRead), limit+1)
	if length >= 0 {
		size = min(size, length+1) // one more than the body, so that its end is seen
	}
	reserved := int64(0)
	defer func() { s.v.buffers.release(reserved) }()
	var body []byte
	for err := error(nil); err != io.EOF; {
		if len(body) == cap(body) {
			if !s.v.buffers.reserve(size-reserved, s.decision.KeyProved) {
				return reject(canonical.Overloaded, "too many bodies are being read at once")
			}
			reserved = size
			body = append(make([]byte, 0, size), body...)
			next := 4 * size
			if size <= length { // else the body is longer than it said
				next = min(next, length+1)
			}
			size = min(next, limit+1)
		}
		var n int
		n, err = s.req.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > limit {
			return reject(canonical.PayloadTooLarge, "the body is longer than the limit")
		}
		if err != nil && err != io.EOF {
			return rejectRead(err)
		}
	}
	if len(s.req.Trailer) != 0 {
		return reject(canonical.Trailer, "trailers cannot be signed: send none")
	}
	s.body, s.bodyRead = body, true
	return nil
}

func rejectRead(err error) *Rejection {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return reject(canonical.PayloadTooLarge, "the body is longer than the limit")
	}
	return rejectFor(canonical.BodyTruncated, err)
}

// verifiedBody is a body whose every byte has been verified.
type verifiedBody struct{ bytes.Reader }

func newVerifiedBody(body []byte) *verifiedBody {
	b := new(verifiedBody)
	b.Reset(body)
	return b
}

// Close does nothing: the connection's own body is the server's to close.
func (*verifiedBody) Close() error { return nil }
