package client

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// fakeVerifier accepts what is rightly signed, in time and new, as the server package does, on a
// clock that tests set. What it answers to a request out of time can be spoiled.
type fakeVerifier struct {
	mu       sync.Mutex
	clock    func() time.Time
	floor    time.Time // on signed time, as a nonce store has one
	spoil    func(header http.Header, body *string)
	seen     map[string]bool
	statuses []int
	bodies   []string
	dates    []time.Time
}

func startVerifier(t *testing.T, clock func() time.Time) (*fakeVerifier, string) {
	v := &fakeVerifier{clock: clock, seen: map[string]bool{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	return v, server.URL
}

func (v *fakeVerifier) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	status, code := v.verify(w.Header(), req)
	v.statuses = append(v.statuses, status)
	body := `{"status":200}`
	if status != http.StatusOK {
		w.Header().Set("Content-Type", "application/problem+json")
		body = `{"code":"` + code + `"}`
		if code == canonical.CodeClockSkew && v.spoil != nil {
			v.spoil(w.Header(), &body)
		}
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (v *fakeVerifier) verify(answer http.Header, req *http.Request) (int, string) {
	var r canonical.Request
	message := canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
	if err := r.Parse(&message, &canonical.Rules{}); err != nil {
		return http.StatusBadRequest, err.Error()
	}
	body, _ := io.ReadAll(req.Body)
	v.bodies, v.dates = append(v.bodies, string(body)), append(v.dates, r.Timestamp)
	key := canonical.NewSecret(testSecret).SigningKey(r.Dialect, r.Scope)
	sum := key.Sum(r.AppendStringToSign(nil, r.AppendCanonical(nil, canonical.RuleForm, r.PayloadHash)))
	if hex.EncodeToString(sum[:]) != r.Signature {
		return http.StatusUnauthorized, canonical.CodeInvalidSignature
	}
	now := v.clock()
	earliest := now.Add(-300 * time.Second)
	if v.floor.After(earliest) {
		earliest = v.floor
	}
	if r.Timestamp.Before(earliest) || r.Timestamp.After(now.Add(300*time.Second)) {
		answer.Set(canonical.ServerTimeHeader, canonical.NewServerTime(key, r.Dialect, r.Signature, now, earliest).String())
		return http.StatusUnauthorized, canonical.CodeClockSkew
	}
	if v.seen[r.Nonce] {
		return http.StatusUnauthorized, canonical.CodeReplayed
	}
	v.seen[r.Nonce] = true
	return http.StatusOK, ""
}

// testClock is a clock that stands still until it is set.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock {
	return &testClock{now: time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC)}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
