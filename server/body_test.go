package server_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// heldBody is a body of one byte less than it promises, until it is let go.
type heldBody struct {
	io.Reader
	reached chan struct{} // closed when all but the end has been read
	let     chan struct{}
}

func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		close(b.reached)
		<-b.let
	}
	return n, err
}

func (b *heldBody) Close() error { return nil }

// hold makes a request's body wait at its end.
func hold(req *http.Request, body string) *heldBody {
	held := &heldBody{Reader: strings.NewReader(body), reached: make(chan struct{}), let: make(chan struct{})}
	req.Body = held
	return held
}

func tightBudget(u *setup) {
	u.policy.MaxBody, u.policy.MaxUnhashedBody, u.policy.MaxBuffered = 99, 99, 200
}

func TestVerifyRefusesBodiesBeyondTheBudget(t *testing.T) {
	u := newSetup(t, tightBudget)
	body := strings.Repeat("x", 99)
	unproved, proved := newPost(body), newPost(body)
	unproved.hash = ""
	first := unproved.request(t)
	held := hold(first, body)
	done := make(chan int)
	go func() { done <- u.serve(first).Code }()
	<-held.reached

	another := newPost(body)
	another.hash = ""
	answer := u.requireRefused(t, another.request(t), canonical.Overloaded)
	require.Equal(t, 503, answer.Code)
	require.Equal(t, "unavailable", requireProblem(t, answer, u.decision(t).RequestID).Code)
	another.keyID = "ck_live_nobody"
	u.requireRefused(t, another.request(t), canonical.Overloaded)

	// Half of the budget is left to those who have proved their key.
	u.requireAccepted(t, proved.request(t))

	close(held.let)
	require.Equal(t, 204, <-done)
}

func TestProvedBodiesKeepToTheBudget(t *testing.T) {
	u := newSetup(t, tightBudget)
	body := strings.Repeat("x", 99)
	done := make(chan int)
	var helds []*heldBody
	for range 2 {
		req := newPost(body).request(t)
		held := hold(req, body)
		helds = append(helds, held)
		go func() { done <- u.serve(req).Code }()
		<-held.reached
	}
	u.requireRefused(t, newPost(body).request(t), canonical.Overloaded)
	for _, held := range helds {
		close(held.let)
		require.Equal(t, 204, <-done)
	}
}

// Whatever way reading a body ends, its share of the budget comes back.
func TestBudgetIsGivenBack(t *testing.T) {
	u := newSetup(t, tightBudget)
	full := func(hash string) signing {
		s := newPost(strings.Repeat("x", 99))
		s.hash = hash
		return s
	}
	for range 3 {
		for _, hash := range []string{"", "body"} {
			s := full(hash)
			cut := s.request(t)
			cut.Body = &failingBody{Reader: strings.NewReader(s.body), err: errors.New("reset")}
			u.requireRefused(t, cut, canonical.BodyTruncated)

			long := full(hash).request(t)
			long.ContentLength = -1
			long.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", 100)))
			u.requireRefused(t, long, canonical.PayloadTooLarge)

			s = full(hash)
			s.chunked = true
			u.requireRefused(t, s.edit(t, "\r\n0\r\n\r\n", "\r\n0\r\nX: y\r\n\r\n"), canonical.Trailer)

			panics := full(hash).request(t)
			panics.Body = panickingBody{}
			require.Panics(t, func() { u.serve(panics) })
		}
	}
	u.requireAccepted(t, full("").request(t))
	u.requireAccepted(t, full("body").request(t))
}

type panickingBody struct{}

func (panickingBody) Read([]byte) (int, error) { panic(http.ErrAbortHandler) }
func (panickingBody) Close() error             { return nil }

func TestNilBodyIsEmpty(t *testing.T) {
	u := newSetup(t)
	for _, hash := range []string{"", "body"} {
		s := newSigning()
		s.hash = hash
		req := s.request(t)
		req.Body = nil
		u.requireAccepted(t, req)
		require.Nil(t, u.seen.Body)
	}
	req := newPost("hello").request(t)
	req.Body = nil
	u.requireRefused(t, req, canonical.BodyMismatch)
}

// A middleware in front, or a server other than net/http's, may give a body to a request that
// declares none: those bytes must not get past the verifier.
func TestUndeclaredBodyIsRefused(t *testing.T) {
	for _, hash := range []string{"", "body"} {
		u := newSetup(t)
		s := newSigning()
		s.method, s.hash = "POST", hash
		req := s.request(t)
		req.Body = io.NopCloser(strings.NewReader(`{"admin":true}`))
		require.Zero(t, req.ContentLength)
		u.requireRefused(t, req, canonical.BodyMismatch)
	}
}

func TestDeclaredLengthIsNotBelieved(t *testing.T) {
	u := newSetup(t)
	for _, length := range []int64{1, 3, 100} {
		req := newPost("hello").request(t)
		req.ContentLength = length
		req.Body = io.NopCloser(strings.NewReader("hello"))
		u.requireAccepted(t, req)
		require.EqualValues(t, 5, u.seen.ContentLength)
	}
}
