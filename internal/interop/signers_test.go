package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// Names of the signers, by which README.md lists them.
const (
	aws4      = "aws4"
	smithy    = "@smithy/signature-v4"
	aws4fetch = "aws4fetch"
	awsSDK    = "aws-sdk-go-v2"
	httpAuth  = "smithy-go/aws-http-auth"
	minIO     = "minio-go"
)

// signers are those that sign for any service.
var signers = []string{aws4, smithy, aws4fetch, awsSDK, httpAuth}

// inNode reports whether a signer is one of npm's.
func inNode(signer string) bool { return signer == aws4 || signer == smithy || signer == aws4fetch }

// request is what a client asks its signer to sign, and message what the signer made of it.
type request struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"` // as the client writes it
	Header  [][2]string `json:"header"`
	Body    []byte      `json:"body"`
	Presign bool        `json:"presign"`
	Expires int         `json:"expires,omitempty"` // of a presigned URL, in seconds

	nonce string
}

type message struct {
	Method string      `json:"method"`
	Target string      `json:"target"`
	Header [][2]string `json:"header"`
}

func (r request) String() string {
	return fmt.Sprintf("%q %q %q, %d bytes", r.Method, r.Target, r.Header, len(r.Body))
}

func (m message) String() string { return fmt.Sprintf("%q %q %q", m.Method, m.Target, m.Header) }

// answer is what came back.
type answer struct {
	Status    int    `json:"status"`
	RequestID string `json:"request_id"`
	Body      string `json:"body"`
}

// reply is a line of a signer's program; Error is the signer's, or its transport's.
type reply struct {
	Message *message `json:"message"`
	Answer  *answer  `json:"answer"`
	Error   string   `json:"error"`
}

// credentials are what a signer signs with.
type credentials struct{ id, secret string }

var ordinary = credentials{keyID, secret}

// session is a running program around one signer.
type session struct {
	t      *testing.T
	stdin  io.Writer
	stdout *bufio.Reader
}

// open starts the program of a signer, which signs for a with c.
func open(t *testing.T, signer string, a *api, c credentials) *session {
	t.Helper()
	cmd := program(t, signer)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program of %s: %v", signer, err)
		}
	})
	s := &session{t: t, stdin: stdin, stdout: bufio.NewReader(stdout)}
	replies := s.exchange([]any{map[string]any{"config": map[string]string{
		"signer": signer, "url": a.url, "key_id": c.id, "secret": c.secret, "region": region, "service": service,
	}}})
	require.Empty(t, replies[0].Error)
	return s
}

// sign lets the signer sign requests; replies hold a Message, or the signer's Error.
func (s *session) sign(requests []request) []reply {
	s.t.Helper()
	lines := make([]any, len(requests))
	for i := range requests {
		lines[i] = map[string]any{"sign": requests[i]}
	}
	return s.exchange(lines)
}

// send sends requests by their indexes in the order of signing.
func (s *session) send(indexes []int) []reply {
	s.t.Helper()
	lines := make([]any, len(indexes))
	for i, index := range indexes {
		lines[i] = map[string]int{"send": index}
	}
	return s.exchange(lines)
}

// exchange writes lines and reads as many replies.
func (s *session) exchange(lines []any) []reply {
	s.t.Helper()
	written := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriter(s.stdin)
		encoder := json.NewEncoder(buffered)
		for _, line := range lines {
			if err := encoder.Encode(line); err != nil {
				written <- err
				return
			}
		}
		written <- buffered.Flush()
	}()
	replies := make([]reply, len(lines))
	for i := range replies {
		line, err := s.stdout.ReadBytes('\n')
		require.NoError(s.t, err, "reply %d of %d", i+1, len(lines))
		require.NoError(s.t, json.Unmarshal(line, &replies[i]))
	}
	require.NoError(s.t, <-written)
	return replies
}

// program returns the command that runs a signer.
func program(t *testing.T, signer string) *exec.Cmd {
	t.Helper()
	if !inNode(signer) {
		return exec.Command(goProgram(t))
	}
	if _, err := exec.LookPath("node"); err != nil {
		testneed.Missing(t, testneed.NodeSigners, "install Node.js and npm (apt-get install nodejs npm), then run 'make signers'")
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules")); err != nil {
		testneed.Missing(t, testneed.NodeSigners, "run 'make signers', which installs npm's signers")
	}
	cmd := exec.Command("node", "main.mjs")
	cmd.Dir = "node"
	return cmd
}

// goProgram builds internal/awssigner, once.
func goProgram(t *testing.T) string {
	t.Helper()
	builtOnce.Do(func() {
		cmd := exec.Command("go", "build", "-o", filepath.Join(programs, "awssigner"), ".")
		cmd.Dir = filepath.Join("..", "awssigner")
		if out, err := cmd.CombinedOutput(); err != nil {
			errBuilding = fmt.Errorf("building internal/awssigner: %w\n%s", err, out)
		}
	})
	if errBuilding != nil {
		t.Log(errBuilding)
		testneed.Missing(t, testneed.AWSSigner, "run 'go mod download' in internal/awssigner, so that it builds")
	}
	return filepath.Join(programs, "awssigner")
}

// programs is the directory in which the tests build programs.
var (
	programs    string
	builtOnce   sync.Once
	errBuilding error
)

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "countersign-interop-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}
