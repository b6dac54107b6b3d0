package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/workload"
)

// bench runs the command for a moment, and returns its result, its notes and its exit code.
func bench(t *testing.T, arguments ...string) (result benchResult, notes string, code int) {
	t.Helper()
	out, notes, code := invoke(t, "from stdin", append([]string{"bench", "--json", "--duration", "150ms", "-c", "4"}, arguments...)...)
	if out != "" {
		require.NoError(t, json.Unmarshal([]byte(out), &result))
	}
	return result, notes, code
}

// startCounting serves what answer says, and counts requests. It sets the COUNTERSIGN_… variables.
func startCounting(t *testing.T, answer http.HandlerFunc) *atomic.Int64 {
	t.Helper()
	var served atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		served.Add(1)
		answer(w, req)
	}))
	t.Cleanup(api.Close)
	settings := exampleSettings(t)
	settings["COUNTERSIGN_URL"] = api.URL
	settle(t, settings)
	return &served
}

func TestBenchSignsEveryRequestByItself(t *testing.T) {
	startVerifier(t)
	for _, dialect := range []string{"cs4", "aws4"} {
		result, notes, code := bench(t, "--dialect", dialect, "/v1/orders?b=1&a", "-H", "Content-Type: text/plain", "-d", "@-")
		require.Equal(t, exitDone, code, notes)
		assert.Empty(t, notes)
		require.Len(t, result.Answers, 1)
		assert.Equal(t, benchAnswer{Status: 200, Count: result.Requests}, result.Answers[0])
		assert.Positive(t, result.Requests)
		assert.Zero(t, result.Unexpected)
		assert.Equal(t, 4, result.Connections)
		assert.InDelta(t, float64(result.Requests)/result.Seconds, result.PerSecond, 0.01)
		l := result.Latency
		assert.True(t, 0 < l.P50 && l.P50 <= l.P90 && l.P90 <= l.P99 && l.P99 <= l.P999 && l.P999 <= l.Max, "%+v", l)
		assert.Greater(t, result.Received, result.Requests*int64(len("from stdin")))
	}
}

func TestBenchHoldsTheRate(t *testing.T) {
	served := startCounting(t, func(http.ResponseWriter, *http.Request) {})
	result, notes, code := bench(t, "--rate", "12000/m", "--duration", "500ms", "/")
	require.Equal(t, exitDone, code, notes)
	assert.Equal(t, served.Load(), result.Requests)
	assert.Equal(t, int64(100), result.Requests+result.Unsent)
	assert.GreaterOrEqual(t, result.Seconds, 0.5)
	assert.InDelta(t, 200, result.Due, 0)
}

func TestBenchCountsRefusalsByCode(t *testing.T) {
	startVerifier(t)
	result, notes, code := bench(t, "--service", "stock", "/v1/orders")
	assert.Equal(t, exitFailed, code)
	require.Len(t, result.Answers, 1)
	assert.Equal(t, benchAnswer{Status: 401, Code: "invalid_signature", Count: result.Requests}, result.Answers[0])
	assert.Equal(t, result.Requests, result.Unexpected)
	assert.Contains(t, notes, "requests were not answered 2xx\n")

	_, notes, code = bench(t, "--service", "stock", "--expect", "401", "/v1/orders")
	assert.Equal(t, exitDone, code, notes)
	_, notes, code = bench(t, "--expect", "401", "/v1/orders")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "requests were not answered 401\n")
}

func TestBenchSendsWhatItIsTold(t *testing.T) {
	type seen struct{ method, target, host, label, authorization, body string }
	requests := make(chan seen, 1)
	startCounting(t, func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		select {
		case requests <- seen{req.Method, req.RequestURI, req.Host, req.Header.Get("X-Label"), req.Header.Get("Authorization"), string(body)}:
		default:
		}
	})
	file := filepath.Join(t.TempDir(), "body")
	require.NoError(t, os.WriteFile(file, []byte("from a file"), 0o600))
	_, notes, code := bench(t, "--unsigned", "-X", "PUT", "-H", "X-Label: a", "-H", "Host: b.example", "-H", "authorization: Bearer t", "-d", "@"+file, "/a?b")
	require.Equal(t, exitDone, code, notes)
	assert.Equal(t, seen{"PUT", "/a?b", "b.example", "a", "Bearer t", "from a file"}, <-requests)

	_, notes, code = bench(t, "-d", "data", "/")
	require.Equal(t, exitDone, code, notes)
	posted := <-requests
	assert.Equal(t, "POST data", posted.method+" "+posted.body)
	assert.True(t, strings.HasPrefix(posted.authorization, "CS4-HMAC-SHA256 "))

	_, notes, code = bench(t, "-X", "HEAD", "/")
	require.Equal(t, exitDone, code, notes)
	assert.Equal(t, "HEAD", (<-requests).method)
}

func TestBenchUnsignedNeedsNoKey(t *testing.T) {
	api := startVerifier(t)
	settle(t, nil)
	result, notes, code := bench(t, "--unsigned", "--expect", "401", api.URL+"/v1/orders")
	require.Equal(t, exitDone, code, notes)
	assert.Equal(t, "missing_signature", result.Answers[0].Code)
}

func TestBenchReplaysOneRequest(t *testing.T) {
	startVerifier(t)
	result, notes, code := bench(t, "--replay", "/v1/orders", "-d", "body")
	require.Equal(t, exitDone, code, notes)
	require.Len(t, result.Answers, 1)
	assert.Equal(t, benchAnswer{Status: 401, Code: "replayed_request", Count: result.Requests}, result.Answers[0])

	_, notes, code = bench(t, "--replay", "--service", "stock", "/v1/orders")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "was answered 401 invalid_signature: it has to be accepted")

	startCounting(t, func(http.ResponseWriter, *http.Request) {})
	_, notes, code = bench(t, "--replay", "/v1/orders")
	assert.Equal(t, exitFailed, code, "nobody refuses replays there")
	assert.Contains(t, notes, "requests were not answered 401")

	startCounting(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, notes, code = bench(t, "--replay", "/v1/orders")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "was not answered")
}

func TestBenchTellsWhatWasNotAnswered(t *testing.T) {
	startCounting(t, func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/lost" {
			panic(http.ErrAbortHandler)
		}
		<-req.Context().Done()
	})
	for target, why := range map[string]string{"/lost": "connection lost", "/slow": "no answer in time"} {
		result, notes, code := bench(t, "--timeout", "100ms", target)
		assert.Equal(t, exitFailed, code)
		require.Len(t, result.Unanswered, 1)
		assert.Equal(t, benchUnanswered{why, result.Requests}, result.Unanswered[0])
		assert.Contains(t, notes, "requests were not answered 2xx")
	}
	_, notes, code := bench(t, "http://127.0.0.1:1/")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "cannot connect to 127.0.0.1:1")
}

func TestBenchPrintsATable(t *testing.T) {
	var served atomic.Int64
	counted := startCounting(t, func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1)%10 == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	out, _, code := invoke(t, "", "bench", "--rate", "1/h", "--duration", "50ms", "/")
	require.Equal(t, exitDone, code)
	assert.Equal(t, int64(1), counted.Load())
	assert.Regexp(t, `(?m)^requests    1 in 0\.\d\d s over 16 connections
answers/s   [12][\d.]+, of 1/h due
answered    1           200
latency     p50 [^,]+, p90 [^,]+, p99 [^,]+, p99\.9 [^,]+, max .+
bytes       \d+ B sent, \d+ B received
$`, out)
	out, notes, code := invoke(t, "", "bench", "--rate", "400/s", "--duration", "100ms", "/")
	require.Equal(t, exitFailed, code)
	assert.Regexp(t, `(?m)^answered    \d           418  \(not as expected\)$`, out)
	assert.Regexp(t, `^countersign: \d of \d\d requests were not answered 2xx\n$`, notes)
}

func TestBenchTellsHowItStands(t *testing.T) {
	meter := workload.NewMeter()
	p := progress{meter: meter, unexpected: func(*workload.Report) int64 { return 1234 }}
	assert.Equal(t, "   0 s  0 requests  0/s  p50 0  p99 0  1,234 not as expected", p.line())
	var notes bytes.Buffer
	lines := 0
	told := make(chan struct{})
	stop := progressStyle{time.Millisecond, "<", ">", "."}.tell(&notes, func() string {
		if lines++; lines == 3 {
			close(told)
		}
		return "line"
	})
	<-told
	stop()
	assert.Equal(t, strings.Repeat("<line>", lines)+".", notes.String())
	assert.Equal(t, inLines, progressStyleOf(&notes))
	file, err := os.Create(filepath.Join(t.TempDir(), "notes"))
	require.NoError(t, err)
	defer file.Close()
	assert.Equal(t, inLines, progressStyleOf(file))
}

func TestBenchRefusesInOneLine(t *testing.T) {
	complete := exampleSettings(t)
	complete["COUNTERSIGN_URL"] = "http://127.0.0.1:1"
	for says, arguments := range map[string][]string{
		"needs URL":                         {},
		"unknown argument":                  {"/", "more"},
		`--rate "2000/d" is no rate`:        {"--rate", "2000/d", "/"},
		`--rate "0" is no rate`:             {"--rate", "0", "/"},
		`--rate "-1/s" is no rate`:          {"--rate", "-1/s", "/"},
		`--rate "NaN" is no rate`:           {"--rate", "NaN", "/"},
		`--rate "2000000" is no rate`:       {"--rate", "2000000", "/"},
		"--duration must be longer":         {"--duration", "0s", "/"},
		"--timeout must be longer":          {"--timeout", "-1s", "/"},
		"--connections takes 1 to 10000":    {"-c", "0", "/"},
		"--expect takes a status":           {"--expect", "99", "/"},
		"--replay repeats a signed request": {"--replay", "--unsigned", "/"},
		"--unsigned signs nothing":          {"--unsigned", "--dialect", "cs4", "/"},
		"five minutes":                      {"--replay", "--duration", "5m", "/"},
		"--dialect is cs4 or aws4":          {"--dialect", "s3", "/"},
		"upper case: GET":                   {"-X", "get", "/"},
		`-X "/whoami" is no method`:         {"-X", "/whoami", "/"},
		"neither a URL nor a path":          {"a.example"},
		"signing sets it":                   {"-H", "Authorization: Bearer t", "/"},
		"-H Authorization: give it once":    {"--unsigned", "-H", "Authorization: a", "-H", "Authorization: b", "/"},
	} {
		settle(t, complete)
		out, notes, code := invoke(t, "", append([]string{"bench"}, arguments...)...)
		assert.Equal(t, exitUsage, code, "%v: %s", arguments, notes)
		assert.Empty(t, out)
		first, rest, _ := strings.Cut(notes, "\n")
		assert.Contains(t, first, says)
		assert.Equal(t, "see 'countersign bench --help'\n", rest)
	}
	settle(t, nil)
	_, notes, code := invoke(t, "", "bench", "http://127.0.0.1:1/")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, notes, "no key to sign with")
}

// TestBenchOfAServiceEndsOnCtrlC runs the built command against a service, and interrupts it.
func TestBenchOfAServiceEndsOnCtrlC(t *testing.T) {
	s := countersigntest.StartDev(t)
	env := filepath.Join(t.TempDir(), "dev.env")
	require.NoError(t, os.WriteFile(env, []byte(s.Printed()), 0o600))
	stdout, stderr, code := countersigntest.Run(t, "bench", "--env-file", env, "--rate", "100/s", "--duration", "200ms", "/whoami")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `(?m)^answered    \d+ +200$`, stdout)
	assert.Contains(t, stdout, ", of 100/s due\n")

	cmd := exec.Command(countersigntest.Program(t), "bench", "--env-file", env, "--duration", "1h", "--json", "/whoami")
	var out, notes bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &notes
	before := len(s.Log())
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return len(s.Log()) > before }, 30*time.Second, 10*time.Millisecond, "no request came")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), notes.String())
	var result benchResult
	require.NoError(t, json.Unmarshal(out.Bytes(), &result))
	assert.Equal(t, []benchAnswer{{Status: 200, Count: result.Requests}}, result.Answers)
	assert.Positive(t, result.Requests)
	assert.Less(t, result.Seconds, 30.0)
}
