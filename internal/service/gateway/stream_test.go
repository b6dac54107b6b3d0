package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/service/gateway"
)

// TestStreamedBodyIsCompleteOnlyIfItWasSigned: framed either way, of any length.
func TestStreamedBodyIsCompleteOnlyIfItWasSigned(t *testing.T) {
	for _, size := range []int{1, 2, 5, 1000, 300_000} {
		signed := strings.Repeat("x", size)
		for name, c := range map[string]struct {
			sent     string
			complete bool
		}{
			"signed": {signed, true}, "changed at its end": {signed[1:] + "y", false}, "changed at its begin": {"y" + signed[1:], false},
			"longer": {signed + "x", false}, "shorter": {signed[1:], false},
		} {
			for _, framing := range []string{"", "Transfer-Encoding: chunked"} {
				u := newUpstream(t)
				address, log := newProxy(t, u, streaming)
				var lines []string
				if framing != "" {
					lines = append(lines, framing)
				}
				status, _, body := send(t, address, wire(newRequest(t, "PUT", "/files/7", signed), c.sent, lines...))
				about := fmt.Sprint(size, " bytes, ", name, " ", framing)
				if c.complete {
					require.Equal(t, http.StatusOK, status, "%s: %s", about, body)
					e := u.one(t)
					require.NoError(t, e.err, about)
					require.Equal(t, signed, e.body, about)
					require.Equal(t, framing == "", e.req.ContentLength == int64(size), about)
					continue
				}
				require.Equal(t, http.StatusUnauthorized, status, about)
				require.Contains(t, body, "invalid_signature")
				for _, e := range u.requests() {
					require.Error(t, e.err, about)
				}
				if c.sent != "" {
					require.Contains(t, log.String(), "not the one that was signed", about)
				}
			}
		}
	}
}

// TestStreamedBodyArrivesWhileItIsSent: the upstream has the first half before the second is sent.
func TestStreamedBodyArrivesWhileItIsSent(t *testing.T) {
	halves := strings.Repeat("x", 100_000)
	arrived := make(chan struct{})
	api := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, err := io.ReadFull(req.Body, make([]byte, len(halves)/2))
		assert.NoError(t, err)
		close(arrived)
		rest, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		assert.Len(t, rest, len(halves)+len(halves)/2)
	}))
	u := newUpstream(t)
	u.url.Host = api
	address, _ := newProxy(t, u, streaming)
	raw := wire(newRequest(t, "PUT", "/files/7", halves+halves), halves+halves)
	conn := dial(t, address)
	_, err := conn.Write(raw[:len(raw)-len(halves)])
	require.NoError(t, err)
	<-arrived
	_, err = conn.Write(raw[len(raw)-len(halves):])
	require.NoError(t, err)
	status, _, _ := receive(t, bufio.NewReader(conn))
	require.Equal(t, http.StatusOK, status)
}

func TestStreamedBodyBreaksOffWithTheClient(t *testing.T) {
	for _, framing := range []string{"Content-Length: 8", "Transfer-Encoding: chunked"} {
		u := newUpstream(t)
		address, _ := newProxy(t, u, streaming)
		head, _, _ := strings.Cut(string(wire(newRequest(t, "PUT", "/files/7", "12345"), "")), "\r\n\r\n")
		conn := dial(t, address)
		_, err := io.WriteString(conn, head+"\r\n"+framing+"\r\n\r\n5\r\n12345\r\n"[:len("\r\n\r\n5\r\n12345")]) // no end of chunks
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Eventually(t, func() bool { return len(u.requests()) == 1 }, patience, 1e6)
		require.Error(t, u.one(t).err, framing)
	}
}

func TestStreamedBodyMustNotHaveATrailer(t *testing.T) {
	for _, declared := range []string{"", "Trailer: X-A\r\n"} {
		u := newUpstream(t)
		address, _ := newProxy(t, u, streaming)
		raw := string(wire(newRequest(t, "PUT", "/files/7", "12345"), "12345", "Transfer-Encoding: chunked"))
		raw = strings.Replace(strings.TrimSuffix(raw, "\r\n")+"X-A: b\r\n\r\n", "Transfer-Encoding", declared+"Transfer-Encoding", 1)
		status, _, body := send(t, address, []byte(raw))
		if declared == "" && status == http.StatusOK { // net/http drops what was not declared
			assert.NotContains(t, u.one(t).raw, "X-A")
			continue
		}
		assert.Equal(t, http.StatusBadRequest, status, body)
		for _, e := range u.requests() {
			assert.Error(t, e.err)
		}
	}
}

func TestStreamedBodyHasALimit(t *testing.T) {
	for _, framing := range []string{"", "Transfer-Encoding: chunked"} {
		for size, status := range map[int]int{100: http.StatusOK, 101: http.StatusRequestEntityTooLarge} {
			u := newUpstream(t)
			address, _ := newProxy(t, u, streaming, func(o *gateway.ProxyOptions) { o.MaxStreamed = 100 })
			body := strings.Repeat("x", size)
			var lines []string
			if framing != "" {
				lines = append(lines, framing)
			}
			got, _, answer := send(t, address, wire(newRequest(t, "PUT", "/files/7", body), body, lines...))
			assert.Equal(t, status, got, answer)
			for _, e := range u.requests() {
				assert.Equal(t, status == http.StatusOK, e.err == nil)
			}
			if framing == "" && status != http.StatusOK {
				assert.Zero(t, u.connections.Load(), "what says that it is too long is not begun")
			}
		}
	}
}

// TestStreamAsksForABodyOnceItsHeadIsVerified: also where the client waits to be asked.
func TestStreamAsksForABodyOnceItsHeadIsVerified(t *testing.T) {
	for _, c := range []struct {
		path   string
		status int
	}{{"/files/7", 200}, {"/files/8", 401}} {
		u := newUpstream(t)
		address, _ := newProxy(t, u, streaming)
		raw := string(wire(newRequest(t, "PUT", "/files/7", "12345"), "12345", "Expect: 100-continue"))
		head, body, _ := strings.Cut(strings.Replace(raw, "/files/7", c.path, 1), "\r\n\r\n")
		conn := dial(t, address)
		_, err := io.WriteString(conn, head+"\r\n\r\n")
		require.NoError(t, err)
		answers := bufio.NewReader(conn)
		answer, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		if c.status != 200 {
			require.Equal(t, c.status, answer.StatusCode)
			require.Zero(t, u.connections.Load())
			continue
		}
		require.Equal(t, http.StatusContinue, answer.StatusCode)
		_, err = io.WriteString(conn, body)
		require.NoError(t, err)
		status, _, _ := receive(t, answers)
		require.Equal(t, 200, status)
		require.Equal(t, "12345", u.one(t).body)
	}
}
