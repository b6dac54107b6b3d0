package vaultkeys

import (
	"context"
	"io"
	"net/http"
)

// These bound what is read of an answer, in bytes: a list holds some 500,000 keys, anything else is
// one version of a key, what Vault tells of its versions, or of a token.
const (
	maxList   = 16 << 20
	maxAnswer = 1 << 20
)

// boundTransport ends its requests when ctx ends, also those that Vault's client makes without a
// context, and bounds the length of answers.
type boundTransport struct {
	base http.RoundTripper
	ctx  context.Context
}

func (b *boundTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	unbind := context.AfterFunc(b.ctx, cancel)
	release := func() { unbind(); cancel() }
	answer, err := b.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		release()
		return nil, err
	}
	if answer.StatusCode/100 == 3 { // Vault's client follows it, and leaves the body open
		_, _ = io.CopyN(io.Discard, answer.Body, 2<<10) // so that the connection serves again
		_ = answer.Body.Close()
		answer.Body = http.NoBody
		release()
		return answer, nil
	}
	limit := int64(maxAnswer)
	if req.URL.Query().Has("list") {
		limit = maxList
	}
	answer.Body = &boundBody{ReadCloser: http.MaxBytesReader(nil, answer.Body, limit), release: release}
	return answer, nil
}

// CloseIdleConnections closes those of the transport beneath.
func (b *boundTransport) CloseIdleConnections() {
	if base, ok := b.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

type boundBody struct {
	io.ReadCloser
	release func()
}

func (b *boundBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}
