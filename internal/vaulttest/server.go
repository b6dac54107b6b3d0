package vaulttest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// Server is a running Vault with KV v2 at secret/ and AppRole at auth/approle/. It is not safe for
// concurrent use, but for Client and Root.
type Server struct {
	Address   string // http://127.0.0.1:port, or https://… with a certificate
	RootToken string
	UnsealKey string
	CACert    string // the path of the PEM certificate that vouches for the server's; "" without TLS

	binary    string
	arguments []string
	process   *exec.Cmd
	stdin     io.Closer // closing it ends the process
}

// Option changes how a server is started.
type Option func(t testing.TB, s *Server)

// TLS gives the server a certificate for 127.0.0.1, signed by a CA of its own.
func TLS() Option {
	return func(t testing.TB, s *Server) {
		certificate, key := issue(t, s)
		s.arguments = append(s.arguments, "-tls-certificate", certificate, "-tls-key", key)
	}
}

var shared struct {
	sync.Mutex
	server *Server
}

// Shared returns a server that all tests of the process share: each keeps to a prefix of its own,
// and none stops or seals it. It ends with the process.
func Shared(t testing.TB) *Server {
	t.Helper()
	binary := require(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		s := &Server{binary: binary}
		if err := s.run("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		shared.server = s
	}
	return shared.server
}

// Start starts a server that the test may stop, seal and start again, with its data; it ends with
// the test.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{binary: require(t)}
	s.arguments = []string{"-directory", t.TempDir()}
	for _, option := range options {
		option(t, s)
	}
	if err := s.run("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

// require returns the binary, or skips the test where it cannot be built.
func require(t testing.TB) string {
	t.Helper()
	path, err := Build(context.Background(), os.Stderr)
	if err == nil {
		return path
	}
	t.Logf("no Vault to test with: %v", err)
	testneed.Missing(t, testneed.Vault, "run make vault, with access to the module proxy, once")
	return ""
}

// run starts the process, and returns when it serves.
func (s *Server) run(listen string) error {
	process := exec.Command(s.binary, append([]string{"-listen", listen}, s.arguments...)...)
	process.Stderr = os.Stderr
	process.Env = withoutVault(os.Environ())
	stdin, err := process.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	s.process, s.stdin = process, stdin
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch name {
		case "VAULT_ADDR":
			s.Address = value
		case "VAULT_TOKEN":
			s.RootToken = value
		case "VAULT_UNSEAL_KEY":
			s.UnsealKey = value
			return nil
		}
	}
	s.stop()
	return fmt.Errorf("the server %s ended before it served", filepath.Base(s.binary))
}

// withoutVault leaves the settings of the machine's own Vault out of the process's environment.
func withoutVault(environment []string) []string {
	var kept []string
	for _, setting := range environment {
		if !strings.HasPrefix(setting, "VAULT_") {
			kept = append(kept, setting)
		}
	}
	return kept
}

func (s *Server) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	_ = s.stdin.Close()
	s.process = nil
}

// Stop kills the server.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stop()
}

// Restart starts a stopped server at the same address, with the same data, and unsealed unless
// sealed says otherwise.
func (s *Server) Restart(t testing.TB, sealed bool) {
	t.Helper()
	_, listen, _ := strings.Cut(s.Address, "://")
	arguments := s.arguments
	if sealed {
		s.arguments = append(s.arguments[:len(arguments):len(arguments)], "-sealed")
	}
	err := s.run(listen)
	s.arguments = arguments
	if err != nil {
		t.Fatal(err)
	}
}

// Seal seals the server: it answers, and knows nothing.
func (s *Server) Seal(t testing.TB) {
	t.Helper()
	if err := s.Root(t).Sys().Seal(); err != nil {
		t.Fatal(err)
	}
}

// Unseal ends what Seal began.
func (s *Server) Unseal(t testing.TB) {
	t.Helper()
	if _, err := s.Root(t).Sys().Unseal(s.UnsealKey); err != nil {
		t.Fatal(err)
	}
}

// Root returns a client with the root token.
func (s *Server) Root(t testing.TB) *api.Client { return s.Client(t, s.RootToken) }

// Client returns a client with a token.
func (s *Server) Client(t testing.TB, token string) *api.Client {
	t.Helper()
	config := api.DefaultConfig()
	config.Address, config.MaxRetries, config.Timeout = s.Address, 0, time.Minute
	if s.CACert != "" {
		if err := config.ConfigureTLS(&api.TLSConfig{CACert: s.CACert}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := api.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	client.ClearNamespace()
	client.SetToken(token)
	t.Cleanup(config.HttpClient.Transport.(*http.Transport).CloseIdleConnections)
	return client
}
