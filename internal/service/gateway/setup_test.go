package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/logbuffer"
	"github.com/countersign-dev/countersign/internal/service/gateway"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

const testSecret = "a secret that only the tests of this package know"

// patience is how long anything may take, on a busy machine.
const patience = 30 * time.Second

func newVerifier(t testing.TB) *server.Verifier {
	t.Helper()
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { _ = memory.Close() })
	v, err := server.NewVerifier(server.NewStaticKeys(&server.Key{
		ID: "ck_live_gateway", Environment: "live", Scopes: []string{"orders:read", "orders:write"},
		Secrets:  []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}},
		Dialects: []canonical.Dialect{canonical.CS4},
	}), memory, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	return v
}

var signer = client.NewSigner(client.Credentials{KeyID: "ck_live_gateway", Secret: canonical.NewSecret(testSecret)},
	client.Target{Region: "live", Service: "orders"})

// newRequest signs a request for a target that is sent as it stands.
func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	path, query, hasQuery := strings.Cut(target, "?")
	req, err := http.NewRequest(method, "http://api.example", strings.NewReader(body))
	require.NoError(t, err)
	req.URL = &url.URL{Scheme: "http", Host: "api.example", Opaque: path, RawQuery: query, ForceQuery: hasQuery}
	require.NoError(t, signer.Sign(req))
	return req
}

// wire writes a signed request down, with further header lines. The body is framed by its length, or
// in chunks where a line says so.
func wire(req *http.Request, body string, lines ...string) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", req.Method, req.URL.RequestURI(), req.URL.Host)
	_ = req.Header.Write(&text)
	chunked := false
	for _, line := range lines {
		text.WriteString(line + "\r\n")
		chunked = chunked || line == "Transfer-Encoding: chunked"
	}
	switch {
	case chunked:
		text.WriteString("\r\n")
		for ; body != ""; body = body[min(len(body), 5):] {
			fmt.Fprintf(&text, "%x\r\n%s\r\n", min(len(body), 5), body[:min(len(body), 5)])
		}
		text.WriteString("0\r\n\r\n")
	case body != "":
		fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(body), body)
	default:
		text.WriteString("\r\n")
	}
	return text.Bytes()
}

// upstream is an API that writes down what it gets, byte for byte.
type upstream struct {
	url         *url.URL
	connections atomic.Int64
	answer      func(conn net.Conn) (closing bool)

	mu  sync.Mutex
	got []exchange
}

// exchange is a request as the upstream got it.
type exchange struct {
	line, raw string // the request line, and all of it
	req       *http.Request
	body      string
	err       error // why the request was not complete
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u := &upstream{url: &url.URL{Scheme: "http", Host: listener.Addr().String()}}
	u.answer = func(conn net.Conn) bool {
		text := "HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 4\r\n\r\ndone"
		if got := u.requests(); got[len(got)-1].req.Method == http.MethodHead {
			text = strings.TrimSuffix(text, "done")
		}
		_, err := io.WriteString(conn, text)
		return err != nil
	}
	over, end := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			u.connections.Add(1)
			serving.Go(func() {
				defer context.AfterFunc(over, func() { _ = conn.Close() })()
				u.serve(conn)
			})
		}
	})
	t.Cleanup(func() { end(); _ = listener.Close(); serving.Wait() })
	return u
}

func (u *upstream) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	for {
		var raw bytes.Buffer
		e := exchange{}
		e.req, e.err = http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw)))
		if raw.Len() == 0 {
			return
		}
		if e.err == nil {
			var body []byte
			body, e.err = io.ReadAll(e.req.Body)
			e.body = string(body)
		}
		e.raw = raw.String()
		e.line, _, _ = strings.Cut(e.raw, "\r\n")
		u.mu.Lock()
		u.got = append(u.got, e)
		u.mu.Unlock()
		if e.err != nil || u.answer(conn) {
			return
		}
	}
}

// requests returns what has come.
func (u *upstream) requests() []exchange {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]exchange(nil), u.got...)
}

// one returns the request that has come, which must be the only one.
func (u *upstream) one(t testing.TB) exchange {
	t.Helper()
	got := u.requests()
	require.Len(t, got, 1)
	return got[0]
}

// logs is what a handler logs.
type logs struct{ logbuffer.Buffer }

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// newProxy serves a proxy before an upstream, after the changes.
func newProxy(t testing.TB, u *upstream, changes ...func(*gateway.ProxyOptions)) (address string, log *logs) {
	t.Helper()
	log = new(logs)
	o := gateway.ProxyOptions{Verifier: newVerifier(t), Upstream: u.url, Logger: log.logger()}
	for _, change := range changes {
		change(&o)
	}
	return serve(t, gateway.NewProxy(o)), log
}

func streaming(o *gateway.ProxyOptions) { o.Stream = func(*http.Request) bool { return true } }

func serve(t testing.TB, handler http.Handler) (address string) {
	t.Helper()
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return api.Listener.Addr().String()
}

// send writes raw bytes to an address and returns the answer, its body read.
func send(t testing.TB, address string, raw []byte) (status int, header http.Header, body string) {
	t.Helper()
	conn := dial(t, address)
	defer conn.Close()
	go func() { _, _ = conn.Write(raw) }() // the answer may well come before all is written
	return receive(t, bufio.NewReader(conn))
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

func receive(t testing.TB, r *bufio.Reader) (status int, header http.Header, body string) {
	t.Helper()
	answer, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, string(text)
}

// readStatus returns the status of the last answer, or 400 where a connection ends without one.
func readStatus(conn net.Conn) int {
	for r := bufio.NewReader(conn); ; {
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return http.StatusBadRequest
		}
		if answer.StatusCode >= 200 {
			return answer.StatusCode // its body is not there, of HEAD
		}
	}
}
