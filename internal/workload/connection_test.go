package workload

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
	}))
	api.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	api.Start()
	defer api.Close()
	plan := planFor(t, api)
	assert.Equal(t, int64(40), run(t, plan).Answered())
	assert.Equal(t, int64(4), opened.Load())

	plan.Source = repeating("GET /close HTTP/1.1\r\nHost: a\r\n\r\n")
	report := run(t, plan)
	assert.Equal(t, int64(40), report.Answered())
	assert.Empty(t, report.Failures)
	assert.GreaterOrEqual(t, opened.Load(), int64(4+40))
}

func TestTLS(t *testing.T) {
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, req.Proto)
	}))
	api.EnableHTTP2 = true
	api.StartTLS()
	defer api.Close()
	plan := planFor(t, api)
	require.Equal(t, []string{"http/1.1"}, plan.Endpoint.TLS.NextProtos)
	assert.ErrorContains(t, Run(t.Context(), plan, NewMeter()), "certificate")
	plan.Endpoint.TLS.RootCAs = api.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	assert.Equal(t, []AnswerCount{{Answer{Status: 200}, 40}}, run(t, plan).Answers)
}

func TestEndpointOfAURL(t *testing.T) {
	for text, address := range map[string]string{
		"http://a.example/x": "a.example:80", "https://a.example": "a.example:443",
		"http://[::1]:8080/": "[::1]:8080", "https://[::1]": "[::1]:443",
	} {
		e := EndpointOf(httptest.NewRequest("GET", text, nil).URL)
		assert.Equal(t, address, e.Address)
		assert.Equal(t, strings.HasPrefix(text, "https"), e.TLS != nil)
	}
}

func TestAnswersWithoutABodyAndInterimAnswers(t *testing.T) {
	plan := start(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(http.StatusOK)
		if req.Method != http.MethodHead {
			_, _ = io.WriteString(w, "hello")
		}
	})
	assert.Equal(t, []AnswerCount{{Answer{Status: 200}, 40}}, run(t, plan).Answers)
	plan.Method, plan.Source = http.MethodHead, repeating("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
	assert.Equal(t, []AnswerCount{{Answer{Status: 200}, 40}}, run(t, plan).Answers)
}

// A refusal that comes before the body has been read is an answer all the same.
func TestEarlyAnswersToLongBodies(t *testing.T) {
	plan := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) })
	body := strings.Repeat("a", 8<<20)
	plan.Method, plan.Requests = http.MethodPost, 8
	plan.Source = repeating("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n" + body)
	assert.Equal(t, []AnswerCount{{Answer{Status: 413}, 8}}, run(t, plan).Answers)
}

func TestRequestsWithoutAnAnswerAreCountedByWhy(t *testing.T) {
	reading := func(answer string) func(net.Conn) {
		return func(conn net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, answer)
			}
		}
	}
	for name, test := range map[string]struct {
		serve   func(net.Conn)
		timeout time.Duration
		kind    string
	}{
		"closed at once":      {func(net.Conn) {}, time.Minute, failedLost},
		"closed by its end":   {reading("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), time.Minute, failedLost},
		"another protocol":    {reading("220 mail.example ESMTP\r\n\r\n"), time.Minute, failedMalformed},
		"switching protocols": {reading("HTTP/1.1 101 Switching Protocols\r\n\r\n"), time.Minute, failedMalformed},
		"silent":              {func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, 50 * time.Millisecond, failedTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			plan := startRaw(t, test.serve)
			plan.Timeout = test.timeout
			report := run(t, plan)
			assert.Equal(t, map[string]int64{test.kind: 10}, report.Failures)
			assert.Error(t, report.Failure)
			assert.Equal(t, int64(10), report.Requests)
			assert.Zero(t, report.Latency)
		})
	}
}

// A server that goes away while requests are due is not hammered, and each is counted.
func TestServerThatGoesAway(t *testing.T) {
	var plan Plan
	var api *httptest.Server
	var served atomic.Int64
	api = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if served.Add(1) == 10 {
			_ = api.Listener.Close()
			go api.CloseClientConnections()
		}
	}))
	defer api.Close()
	plan = planFor(t, api)
	plan.Requests, plan.Duration, plan.Connections = 0, 500*time.Millisecond, 2
	report := run(t, plan)
	assert.Positive(t, report.Failures[failedConnect])
	assert.LessOrEqual(t, report.Failures[failedConnect], int64(2*6), "one try in 100 ms each")
	assert.ErrorContains(t, report.Failure, "")
}

func TestIdleConnectionThatTheServerHasClosedIsOpenedAgain(t *testing.T) {
	var opened atomic.Int64
	hangUp := make(chan struct{}, 1)
	plan := startRaw(t, func(conn net.Conn) {
		opened.Add(1)
		go func() { <-hangUp; _ = conn.Close() }()
		reader := bufio.NewReader(conn)
		for {
			if _, err := http.ReadRequest(reader); err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	c := newConnection(&plan, NewMeter())
	defer c.close()
	send := func() error {
		_, err := c.exchange(t.Context(), []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
		return err
	}
	require.NoError(t, send())
	c.used = time.Now().Add(-2 * idle)
	c.refresh(t.Context())
	require.NoError(t, send(), "it still stands")
	assert.Equal(t, int64(1), opened.Load())

	hangUp <- struct{}{}
	require.Eventually(t, func() bool {
		c.used = time.Now().Add(-2 * idle)
		c.refresh(t.Context())
		return opened.Load() == 2
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, send())
	hangUp <- struct{}{} // lets the second go, too
}

func TestProblemCodesAreNames(t *testing.T) {
	for body, code := range map[string]string{
		`{"code":"invalid_signature"}`: "invalid_signature", `{"code":"\u001b[2J"}`: "", `{"code":7}`: "", `no JSON`: "", `{}`: "",
		`{"code":"` + strings.Repeat("a", 65) + `"}`: "",
	} {
		assert.Equal(t, code, problemCode(strings.NewReader(body)), body)
	}
}

func TestTLSConnectionSurvivesBeingAskedWhileIdle(t *testing.T) {
	api := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer api.Close()
	plan := planFor(t, api)
	plan.Endpoint.TLS = &tls.Config{RootCAs: api.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	c := newConnection(&plan, NewMeter())
	defer c.close()
	wire := bytes.Repeat([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1)
	for range 3 {
		answer, err := c.exchange(t.Context(), wire)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.Status)
		before := c.conn
		c.used = time.Now().Add(-2 * idle)
		c.refresh(t.Context())
		require.Same(t, before, c.conn)
	}
}
