package client

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync"

	"github.com/countersign-dev/countersign/canonical"
)

// ErrBodyOneShot is wrapped by the error for a body that can be read only once and is longer than
// what is buffered of it. The fix is to set Request.GetBody, or to raise [WithBodyLimit].
var ErrBodyOneShot = errors.New("the body can be read only once, and is longer than what is buffered: set Request.GetBody, or raise client.WithBodyLimit")

// hasher is reused from body to body.
type hasher struct {
	hash.Hash
	sum    [sha256.Size]byte
	buffer []byte // what io.CopyBuffer reads through, made when first needed
}

var hashers = sync.Pool{New: func() any { return &hasher{Hash: sha256.New()} }}

// hashBody reads req's body and returns its SHA-256 in hex. Afterwards req.Body stands at its
// beginning, and req.GetBody makes another: through the caller's GetBody where there is one, else
// through a buffer. On an error a body that was read in part reads as if it had not been.
func (s *Signer) hashBody(req *http.Request) (string, error) {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		if req.ContentLength > 0 {
			return "", refuse(canonical.BodyTruncated, fmt.Sprintf("Request.ContentLength is %d and there is no body", req.ContentLength))
		}
		return canonical.HashEmptyPayload, nil
	case req.GetBody == nil:
		if err := s.bufferBody(req); err != nil {
			return "", err
		}
	}
	sum, err := hashOf(req)
	if err != nil {
		return "", err
	}
	body, err := req.GetBody()
	if err != nil {
		return "", fmt.Errorf("countersign: Request.GetBody: %w", err)
	}
	closeBody(req.Body)
	req.Body = body
	return sum, nil
}

// hashOf hashes what GetBody yields, without keeping it.
func hashOf(req *http.Request) (string, error) {
	body, err := req.GetBody()
	if err != nil {
		return "", fmt.Errorf("countersign: Request.GetBody: %w", err)
	}
	defer closeBody(body)
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	h.Reset()
	if _, direct := body.(io.WriterTo); !direct && h.buffer == nil {
		h.buffer = make([]byte, 32<<10)
	}
	n, err := io.CopyBuffer(h.Hash, body, h.buffer)
	if err != nil {
		return "", fmt.Errorf("countersign: body: %w", err)
	}
	if req.ContentLength > 0 && n != req.ContentLength {
		return "", refuse(canonical.BodyTruncated, fmt.Sprintf("Request.ContentLength is %d and the body holds %d bytes", req.ContentLength, n))
	}
	var text [2 * sha256.Size]byte
	return string(appendHex(text[:0], h.Sum(h.sum[:0]))), nil
}

// bufferBody reads a body without GetBody, gives req one, and states its length.
func (s *Signer) bufferBody(req *http.Request) error {
	if req.ContentLength > s.bodyLimit {
		return fmt.Errorf("countersign: body of %d bytes, %d are buffered: %w", req.ContentLength, s.bodyLimit, ErrBodyOneShot)
	}
	var content bytes.Buffer
	if req.ContentLength > 0 {
		content.Grow(int(req.ContentLength) + bytes.MinRead)
	}
	n, err := content.ReadFrom(io.LimitReader(req.Body, s.bodyLimit+1))
	if err == nil && n > s.bodyLimit {
		err = fmt.Errorf("%d bytes are buffered: %w", s.bodyLimit, ErrBodyOneShot)
	}
	if err != nil {
		req.Body = &partlyRead{Reader: io.MultiReader(&content, req.Body), Closer: req.Body}
		return fmt.Errorf("countersign: body: %w", err)
	}
	if req.ContentLength > 0 && n != req.ContentLength {
		req.Body = &partlyRead{Reader: &content, Closer: req.Body}
		return refuse(canonical.BodyTruncated, fmt.Sprintf("Request.ContentLength is %d and the body holds %d bytes", req.ContentLength, n))
	}
	req.ContentLength = n
	read := content.Bytes()
	req.GetBody = func() (io.ReadCloser, error) {
		if len(read) == 0 {
			return http.NoBody, nil
		}
		return io.NopCloser(bytes.NewReader(read)), nil
	}
	return nil
}

// partlyRead is a body whose beginning was read and put back in front.
type partlyRead struct {
	io.Reader
	io.Closer
}
