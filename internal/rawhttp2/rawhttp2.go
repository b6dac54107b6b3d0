// Package rawhttp2 sends HTTP/2 requests that no client library would write. [Send] is all of it.
package rawhttp2

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Send sends one request to handler, behind net/http's own server, as raw frames: its fields as they
// stand, pseudo-headers first. It returns the status, or "reset" for an answer that is no response.
func Send(t testing.TB, handler http.Handler, fields []hpack.HeaderField, body string, trailers ...hpack.HeaderField) string {
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
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = conn.Write([]byte(http2.ClientPreface))
	require.NoError(t, err)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(t, framer.WriteSettings())

	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	write := func(fields []hpack.HeaderField, end bool) {
		block.Reset()
		for _, field := range fields {
			require.NoError(t, encoder.WriteField(field))
		}
		require.NoError(t, framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block.Bytes(), EndStream: end, EndHeaders: true,
		}))
	}
	write(fields, body == "" && len(trailers) == 0)
	if body != "" {
		require.NoError(t, framer.WriteData(1, len(trailers) == 0, []byte(body)))
	}
	if len(trailers) != 0 {
		write(trailers, true)
	}
	return answer(t, framer)
}

func answer(t testing.TB, framer *http2.Framer) string {
	t.Helper()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			var stream http2.StreamError
			require.True(t, errors.As(err, &stream), "%v", err)
			return "reset"
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			return frame.PseudoValue("status")
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return "reset"
		}
	}
}
