package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// errReceiving: the client did not send a body as it should have.
var errReceiving = errors.New("receiving the body")

// What a streamed body may take: a large one takes longer than a server gives a whole request, but
// each piece of it has to come soon.
const (
	pieceTimeout  = time.Minute
	answerTimeout = 5 * time.Minute // from the last piece on
)

// receivedBody is a body as the client sends it. It does not end well if a trailer follows it, which
// no signature covers.
type receivedBody struct {
	io.ReadCloser
	req    *http.Request
	client *http.ResponseController
}

// Read reads what has come.
func (b receivedBody) Read(p []byte) (int, error) {
	// Where a server has no deadlines, it has none to move.
	_ = b.client.SetReadDeadline(time.Now().Add(pieceTimeout))
	_ = b.client.SetWriteDeadline(time.Now().Add(answerTimeout))
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, fmt.Errorf("%w: %w", errReceiving, err)
	case len(b.req.Trailer) != 0:
		return n, fmt.Errorf("%w: a trailer came after it", errReceiving)
	}
	return n, io.EOF
}

// emptyBody is a body without a byte. To an [http.Transport] it is not none: it cannot be read again.
type emptyBody struct{}

// Read is at the end.
func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing.
func (emptyBody) Close() error { return nil }
