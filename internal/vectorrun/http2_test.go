package vectorrun

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2/hpack"

	"github.com/countersign-dev/countersign/internal/rawhttp2"
	"github.com/countersign-dev/countersign/testvectors"
)

// TestHTTP2CasesAreWhatAHandlerGets sends the cases of HTTP/2 as frames: the request that a handler
// gets is the one that the verifier was run with, and what it decides is the same.
func TestHTTP2CasesAreWhatAHandlerGets(t *testing.T) {
	set, sent := load(t), 0
	for _, c := range set.Cases {
		if c.Layer != testvectors.LayerHTTP2 {
			continue
		}
		sent++
		t.Run(c.Name, func(t *testing.T) {
			run, err := newRun(set.Verifier, c)
			require.NoError(t, err)
			want, err := c.Request()
			require.NoError(t, err)
			wanted := see(want)
			done := make(chan struct{})
			sendHTTP2(t, c.Raw, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				defer close(done)
				got := see(req)
				assert.Equal(t, want.Proto, req.Proto)
				assert.Equal(t, want.ContentLength, req.ContentLength)
				assert.Equal(t, wanted.header, got.header)
				assert.Empty(t, got.differs(wanted))
				_, _ = run.verifier.Verify(req)
			}))
			<-done
			assert.Equal(t, c.Reason, string(run.decision.Reason))
		})
	}
	assert.Greater(t, sent, 10)
}

// sendHTTP2 sends a case's request to a handler, and waits for the answer.
func sendHTTP2(t *testing.T, raw []byte, handler http.Handler) {
	t.Helper()
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	var fields []hpack.HeaderField
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		fields = append(fields, hpack.HeaderField{Name: name, Value: value})
	}
	assert.NotEqual(t, "reset", rawhttp2.Send(t, handler, fields, body))
}
