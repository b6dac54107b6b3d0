// Package proxies runs the configurations of proxies in this directory, as they stand, with the real
// programs.
package proxies

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/service/gateway"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// patience is how long anything may take, on a busy machine.
const patience = 30 * time.Second

// program is a proxy with its configuration.
type program struct {
	name, config string
	install      string
	command      func(directory, config string) []string
	prepare      func(config, directory string) string // what the place of the test asks for
}

var programs = []program{
	{
		name: testneed.Nginx, config: "nginx.conf", install: "apt-get install nginx",
		command: func(directory, config string) []string {
			directives := "daemon off;"
			if os.Getuid() == 0 {
				directives += " user root;" // the workers must get into the test's directory
			}
			return []string{"nginx", "-e", "stderr", "-p", directory, "-c", config, "-g", directives}
		},
		prepare: func(config, directory string) string {
			var paths strings.Builder
			for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				fmt.Fprintf(&paths, "%s_temp_path %s;\n", kind, filepath.Join(directory, kind))
			}
			return strings.Replace(config, "http {\n", "http {\n"+paths.String(), 1)
		},
	},
	{
		name: testneed.Caddy, config: "Caddyfile", install: "apt-get install caddy",
		command: func(_, config string) []string {
			return []string{"caddy", "run", "--adapter", "caddyfile", "--config", config}
		},
		prepare: func(config, _ string) string { return config },
	},
}

// rig is a running proxy, with a verifier that it asks and an API behind it.
type rig struct {
	address string
	// verifier answers the proxy's questions, and may be changed.
	verifier atomic.Pointer[http.Handler]
	stop     func() // ends the verifier's process, as it were
	// touched counts the requests that reached the API, and passed those that BodyCheck let through.
	touched, passed atomic.Int64

	mu   sync.Mutex
	last *http.Request // that has passed
	body string        // of last
}

// eachProxy runs a test with each program.
func eachProxy(t *testing.T, test func(t *testing.T, p program, r *rig)) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			testneed.Program(t, p.name, p.install)
			test(t, p, p.start(t))
		})
	}
}

func (p program) start(t *testing.T) *rig {
	t.Helper()
	r := new(rig)
	r.answer(gateway.NewForwardAuth(newVerifier(t), loopback, "", slog.New(slog.DiscardHandler)))
	verifier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if path, _, _ := strings.Cut(req.RequestURI, "?"); path != "/authz" { // Caddy leaves the query there
			t.Errorf("asked at %s", req.RequestURI)
		}
		(*r.verifier.Load()).ServeHTTP(w, req)
	}))
	r.stop = sync.OnceFunc(func() {
		verifier.CloseClientConnections()
		verifier.Close()
	})
	t.Cleanup(r.stop)
	checked := server.BodyCheck(64 << 10)(http.HandlerFunc(r.pass))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.touched.Add(1)
		checked.ServeHTTP(w, req)
	}))
	t.Cleanup(api.Close)
	for range 3 { // another program may take the port first
		if r.address = p.run(t, verifier.Listener.Addr().String(), api.Listener.Addr().String()); r.address != "" {
			return r
		}
	}
	t.Fatal(p.name + " did not start")
	return nil
}

// run starts the program and returns its address, or "" if it did not come up.
func (p program) run(t *testing.T, verifier, api string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)

	text, err := os.ReadFile(p.config)
	require.NoError(t, err)
	config := string(text)
	for _, replacement := range [][2]string{{"127.0.0.1:8081", verifier}, {"127.0.0.1:9000", api}, {":8080", ":" + port}} {
		require.Equal(t, 1, strings.Count(config, replacement[0]), replacement[0])
		config = strings.Replace(config, replacement[0], replacement[1], 1)
	}
	// The verifier hangs in one test.
	config = strings.NewReplacer("read_timeout 5s", "read_timeout 1s", "header_timeout 5s", "header_timeout 1s").Replace(config)
	directory := t.TempDir()
	path := filepath.Join(directory, p.config)
	require.NoError(t, os.WriteFile(path, []byte(p.prepare(config, directory)), 0o600))

	arguments := p.command(directory, path)
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // nginx's master ends its workers
	cmd.WaitDelay = patience
	cmd.Env = append(os.Environ(), "HOME="+directory, "XDG_DATA_HOME="+directory, "XDG_CONFIG_HOME="+directory)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		stop()
		<-ended
		if t.Failed() {
			t.Log(said.String())
		}
	})
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			t.Log(said.String())
			return ""
		default:
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return address
		}
	}
	return ""
}

func (r *rig) answer(h http.Handler) { r.verifier.Store(&h) }

func (r *rig) pass(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.last, r.body = req, string(body)
	r.mu.Unlock()
	r.passed.Add(1)
	w.WriteHeader(http.StatusNoContent)
}

// got returns the last request that has passed, and its body.
func (r *rig) got() (*http.Request, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.body
}

// send writes raw bytes to the proxy and returns the status of its answer.
func (r *rig) send(t *testing.T, raw string) int {
	t.Helper()
	conn, err := net.Dial("tcp", r.address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	go func() { _, _ = io.WriteString(conn, raw) }() // the answer may well come before all is written
	for answers := bufio.NewReader(conn); ; {
		answer, err := http.ReadResponse(answers, nil)
		require.NoError(t, err, "%.200q", raw)
		if answer.StatusCode >= 200 {
			return answer.StatusCode
		}
	}
}

const testSecret = "a secret that only the tests of this package know"

var (
	loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	signer   = client.NewSigner(client.Credentials{KeyID: "ck_live_proxies", Secret: canonical.NewSecret(testSecret)},
		client.Target{Region: "live", Service: "orders"})
)

func newVerifier(t *testing.T) *server.Verifier {
	t.Helper()
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { _ = memory.Close() })
	v, err := server.NewVerifier(server.NewStaticKeys(&server.Key{ // without scopes
		ID: "ck_live_proxies", Environment: "live",
		Secrets:  []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}},
		Dialects: []canonical.Dialect{canonical.CS4},
	}), memory, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	return v
}

// signed returns a signed request as it goes over the wire, with further header lines.
func signed(t *testing.T, method, target, body string, lines ...string) string {
	t.Helper()
	req, err := http.NewRequest(method, "http://api.example"+target, strings.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, signer.Sign(req))
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: api.example\r\n", method, target)
	_ = req.Header.Write(&text)
	for _, line := range lines {
		text.WriteString(line + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	}
	return text.String() + "\r\n" + body
}
