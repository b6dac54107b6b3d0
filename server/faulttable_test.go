package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/logbuffer"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// faultForms are requests that take different ways through a verifier.
var faultForms = map[string]func(*signing){
	"get":             asIs,
	"hashed body":     func(s *signing) { s.method, s.body, s.hash = "POST", "hello", "body" },
	"body":            func(s *signing) { s.method, s.body = "POST", "hello" },
	"chunked":         func(s *signing) { s.method, s.body, s.hash, s.chunked = "POST", "hello", "body", true },
	"presigned":       func(s *signing) { s.expires = 600 },
	"aws4":            func(s *signing) { s.aws = true },
	"signature nonce": func(s *signing) { s.aws, s.nonce = true, "" },
}

// faultCase is a fault and what becomes of a request that meets it.
type faultCase struct {
	name   string
	fault  fault // nil: it hangs until the request's context ends
	status int   // of the answer; 0 where there is none
	reason canonical.Reason
	leaves bool // the client goes away meanwhile, which ends the context
	kept   bool // the nonce is used afterwards
}

// tooOld has a store answer that it cannot vouch for a request.
func tooOld(cause nonce.Cause, bound time.Time) error {
	return fmt.Errorf("wrapped: %w", &nonce.TooOldError{Cause: cause, Bound: bound})
}

// claimFaults are those of Claim. Each comes as failed and as failed but persisted.
func claimFaults() (cases []faultCase) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		reason canonical.Reason
	}{
		{"i/o", errFault, 503, canonical.StoreUnavailable},
		{"closed", nonce.ErrClosed, 503, canonical.StoreUnavailable},
		{"cancelled by itself", context.Canceled, 503, canonical.StoreUnavailable},
		{"timed out", context.DeadlineExceeded, 503, canonical.StoreUnavailable},
		{"full", fmt.Errorf("wrapped: %w", nonce.ErrFull), 503, canonical.StoreFull},
		{"disk low", fmt.Errorf("wrapped: %w", nonce.ErrDiskLow), 503, canonical.DiskLow},
		{"quota", nonce.ErrQuota, 429, canonical.ClaimQuota},
		{"replayed", errors.Join(errFault, nonce.ErrReplayed), 401, canonical.Replayed},
		{"no cause", nonce.ErrTooOld, 503, canonical.StoreUnavailable},
		{"floor ahead", tooOld(nonce.BelowFloor, noon.Add(time.Minute)), 503, canonical.StoreFloor},
		{"floor passed", tooOld(nonce.BelowFloor, noon.Add(-time.Minute)), 401, canonical.StoreFloor},
		{"drop line", tooOld(nonce.BelowDropLine, noon.Add(time.Hour)), 503, canonical.StoreFloor},
		{"expired", tooOld(nonce.Expired, noon), 401, canonical.ClockSkew},
		{"bound of no time", tooOld(nonce.BelowFloor, time.Time{}), 401, canonical.StoreFloor},
		{"bound beyond all time", tooOld(nonce.BelowFloor, time.Unix(math.MaxInt64/2, 0)), 503, canonical.StoreFloor},
		{"unknown cause", tooOld("", time.Time{}), 401, canonical.StoreFloor},
	} {
		cases = append(cases,
			faultCase{name: c.name + ", failed", fault: fails(c.err), status: c.status, reason: c.reason},
			faultCase{name: c.name + ", failed but persisted", fault: failsAfter(c.err), status: c.status, reason: c.reason, kept: true})
	}
	return append(cases,
		faultCase{name: "hangs, failed", status: 503, reason: canonical.StoreUnavailable},
		faultCase{name: "hangs, failed but persisted", status: 503, reason: canonical.StoreUnavailable, kept: true},
		faultCase{name: "hangs until the client leaves, failed", reason: canonical.StoreUnavailable, leaves: true},
		faultCase{name: "hangs until the client leaves, failed but persisted", reason: canonical.StoreUnavailable, leaves: true, kept: true},
		faultCase{name: "panics", fault: panics},
		faultCase{name: "panics, persisted", fault: panicsAfter, kept: true})
}

// peekFaults are those of Peek, which records nothing.
var peekFaults = []faultCase{
	{name: "i/o", fault: fails(errFault), status: 503, reason: canonical.StoreUnavailable},
	{name: "closed", fault: fails(nonce.ErrClosed), status: 503, reason: canonical.StoreUnavailable},
	{name: "i/o after", fault: failsAfter(errFault), status: 503, reason: canonical.StoreUnavailable},
	{name: "full", fault: fails(nonce.ErrFull), status: 503, reason: canonical.StoreFull},
	{name: "floor", fault: fails(tooOld(nonce.BelowFloor, noon)), status: 503, reason: canonical.StoreFloor},
	{name: "replayed, wrongly", fault: fails(nonce.ErrReplayed), status: 401, reason: canonical.Replayed},
	{name: "hangs", status: 503, reason: canonical.StoreUnavailable},
	{name: "panics", fault: panics},
}

// keyFaults are those of Key, whether it answers with a record besides or not.
var keyFaults = []faultCase{
	{name: "i/o", fault: fails(errFault), status: 503, reason: canonical.KeysUnavailable},
	{name: "i/o, with the key", fault: failsAfter(errFault), status: 503, reason: canonical.KeysUnavailable},
	{name: "unknown, with the key", fault: failsAfter(fmt.Errorf("wrapped: %w", server.ErrUnknownKey)), status: 401, reason: canonical.UnknownKey},
	{name: "no key and no error", fault: fails(nil), status: 503, reason: canonical.KeysUnavailable},
	{name: "timed out", fault: fails(context.DeadlineExceeded), status: 503, reason: canonical.KeysUnavailable},
	{name: "hangs", status: 503, reason: canonical.KeysUnavailable},
	{name: "panics", fault: panics},
}

// TestNothingIsDeliveredOnAFault: whatever a store or key source does, a request whose nonce may not
// have been claimed reaches no application. Afterwards the client's retry with another nonce passes,
// and with the same one only if that was never claimed.
func TestNothingIsDeliveredOnAFault(t *testing.T) {
	for call, cases := range map[string][]faultCase{
		"claim": claimFaults(), "peek": peekFaults, "key": keyFaults, "key, after the body": keyFaults,
	} {
		for _, c := range cases {
			for form, change := range faultForms {
				s := newSigning()
				change(&s)
				if call == "key, after the body" && s.body == "" {
					continue // it is looked up once
				}
				t.Run(call+"/"+c.name+"/"+form, func(t *testing.T) { meetFault(t, call, c, s) })
			}
		}
	}
}

func meetFault(t *testing.T, call string, c faultCase, s signing) {
	f, met := new(faulty), c.fault
	var cut, leave <-chan struct{}
	if met == nil {
		h := newHanging(c.kept)
		met, cut = h.fault, h.reached
		if c.leaves {
			cut, leave = nil, h.reached
		}
	}
	switch call {
	case "claim":
		f.claim = met
	case "peek":
		f.peek = met
	case "key, after the body":
		f.skip = 1
		fallthrough
	case "key":
		f.key = met
	}
	u := newSetup(t, withFaults(f), signatureNonce)
	api := newFaultAPI(t, u, cut)

	answer, err := api.send(s, leave)
	switch {
	case c.leaves:
		require.ErrorIs(t, err, errLeft)
		require.Eventually(t, api.idle, 20*time.Second, time.Millisecond)
	case c.status == 0:
		require.Error(t, err, "a panic is net/http's to deal with: it ends the connection")
		require.Contains(t, api.wrote.String(), "own fault")
	default:
		require.NoError(t, err)
		require.Equal(t, c.status, answer)
	}
	require.Zero(t, u.upstream.Load(), "the application was called")
	if c.reason != "" {
		require.Equal(t, c.reason, u.decision(t).Reason)
		require.NotContains(t, api.wrote.String(), "panic")
	}

	f.heal()
	again := 204
	if c.kept {
		again = 401
	}
	answer, err = api.send(s, nil)
	require.NoError(t, err)
	require.Equal(t, again, answer, "%v", u.decision(t).Rejection)
	if c.kept {
		require.Equal(t, canonical.Replayed, u.decision(t).Reason)
		require.Zero(t, u.upstream.Load())
	}
	before := u.upstream.Load()
	if s.nonce == "" {
		s.target += "&another=1" // which makes another signature
	} else {
		s.nonce += "-another"
	}
	answer, err = api.send(s, nil)
	require.NoError(t, err)
	require.Equal(t, 204, answer, "%v", u.decision(t).Rejection)
	require.Equal(t, before+1, u.upstream.Load())
}

// faultAPI is a server behind a verifier.
type faultAPI struct {
	server *httptest.Server

	wrote logbuffer.Buffer // what the server logs

	mu   sync.Mutex
	busy int // guarded by mu: requests in the handler
}

// newFaultAPI starts a server. If cut is not nil, the first request's context ends when it is closed.
func newFaultAPI(t *testing.T, u *setup, cut <-chan struct{}) *faultAPI {
	api := new(faultAPI)
	verified := u.Handler(u.application())
	var first atomic.Bool
	first.Store(true)
	api.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		api.enter(1)
		defer api.enter(-1)
		if first.CompareAndSwap(true, false) && cut != nil {
			ctx, cancel := context.WithCancel(req.Context())
			go func() { <-cut; cancel() }()
			req = req.WithContext(ctx)
		}
		verified.ServeHTTP(w, req)
	}))
	api.server.Config.ErrorLog = log.New(&api.wrote, "", 0)
	api.server.Start()
	t.Cleanup(api.server.Close)
	return api
}

func (a *faultAPI) enter(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy += n
}

func (a *faultAPI) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busy == 0
}

// send sends a request over a connection of its own, and returns the status of the answer. If leave is
// not nil, the client goes away when it is closed.
func (a *faultAPI) send(s signing, leave <-chan struct{}) (status int, err error) {
	conn, err := net.Dial("tcp", a.server.Listener.Addr().String())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := conn.Write(s.raw()); err != nil {
		return 0, err
	}
	if leave != nil {
		<-leave
		return 0, errors.Join(errLeft, conn.Close())
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

var errLeft = errors.New("the client has gone away")
