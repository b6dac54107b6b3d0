package vectorrun

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

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
	api := httptest.NewUnstartedServer(handler)
	api.EnableHTTP2 = true
	api.StartTLS()
	defer api.Close()
	conn, err := tls.Dial("tcp", api.Listener.Addr().String(), &tls.Config{
		RootCAs:    api.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		ServerName: "example.com", NextProtos: []string{"h2"},
	})
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte(http2.ClientPreface))
	require.NoError(t, err)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(t, framer.WriteSettings())

	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, line := range strings.Split(string(head), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: name, Value: value}))
	}
	require.NoError(t, framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block.Bytes(), EndStream: len(body) == 0, EndHeaders: true,
	}))
	if len(body) != 0 {
		require.NoError(t, framer.WriteData(1, true, body))
	}
	for answered := false; !answered; {
		frame, err := framer.ReadFrame()
		require.NoError(t, err)
		_, answered = frame.(*http2.MetaHeadersFrame)
	}
}
