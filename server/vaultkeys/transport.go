package vaultkeys

import (
	"context"
	"io"
	"net/http"
)

// maxAnswer bounds what is read of an answer, in bytes: a list of some 500,000 keys.
const maxAnswer = 16 << 20

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
	answer.Body = &boundBody{ReadCloser: http.MaxBytesReader(nil, answer.Body, maxAnswer), release: release}
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
