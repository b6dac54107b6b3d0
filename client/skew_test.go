package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// skewed is a client and a verifier with a clock each.
type skewed struct {
	verifier *fakeVerifier
	url      string
	local    *testClock
	theirs   *testClock
	signer   *Signer
	client   *http.Client
	waits    []time.Duration
}

func newSkewed(t *testing.T, ahead time.Duration, options ...Option) *skewed {
	s := &skewed{local: newTestClock(), theirs: newTestClock()}
	s.theirs.advance(ahead)
	s.verifier, s.url = startVerifier(t, s.theirs.Now)
	wait := func(_ context.Context, d time.Duration) error {
		s.waits = append(s.waits, d)
		s.local.advance(d)
		s.theirs.advance(d)
		return nil
	}
	s.signer = testSigner(append([]Option{WithClock(s.local.Now), WithWait(wait)}, options...)...)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	s.client = &http.Client{Transport: s.signer.Transport(base)}
	return s
}

func (s *skewed) post(t *testing.T, body io.Reader) (*http.Response, string) {
	t.Helper()
	resp, err := s.client.Post(s.url, "text/plain", body)
	require.NoError(t, err)
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp, string(content)
}

func TestTransportFollowsTheVerifiersClockOnItsProof(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, -time.Hour, 301 * time.Second, -23 * time.Hour} {
		for _, dialect := range canonical.Dialects() {
			s := newSkewed(t, ahead, WithDialect(dialect))
			resp, _ := s.post(t, strings.NewReader("hello"))
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, []int{401, 200}, s.verifier.statuses)
			assert.Equal(t, []string{"hello", "hello"}, s.verifier.bodies)
			assert.Empty(t, s.waits)

			// From now on the offset is known.
			s.post(t, io.MultiReader(strings.NewReader("once")))
			assert.Equal(t, []int{401, 200, 200}, s.verifier.statuses)
			assert.InDelta(t, ahead.Seconds(), s.signer.offset.load().Seconds(), 1)
		}
	}
}

func TestTransportSignsAOneShotBodyAgain(t *testing.T) {
	s := newSkewed(t, time.Hour)
	s.post(t, io.MultiReader(strings.NewReader("on"), strings.NewReader("ce")))
	assert.Equal(t, []int{401, 200}, s.verifier.statuses)
	assert.Equal(t, []string{"once", "once"}, s.verifier.bodies)
}

func TestTransportFollowsTheVerifiersClockAfterHEAD(t *testing.T) {
	s := newSkewed(t, time.Hour)
	resp, err := s.client.Head(s.url)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []int{401, 200}, s.verifier.statuses)
}

func TestOffsetReturnsToZeroWhenTheClocksAgreeAgain(t *testing.T) {
	s := newSkewed(t, time.Hour)
	s.post(t, nil)
	require.NotZero(t, s.signer.offset.load())
	s.local.advance(time.Hour) // someone set it right
	s.post(t, nil)
	assert.Equal(t, []int{401, 200, 401, 200}, s.verifier.statuses)
	assert.Zero(t, s.signer.offset.load())
}

func TestTransportIgnoresTimeWithoutProof(t *testing.T) {
	for name, spoil := range map[string]func(http.Header, *string){
		"no header":  func(h http.Header, _ *string) { h.Del(canonical.ServerTimeHeader) },
		"two":        func(h http.Header, _ *string) { h.Add(canonical.ServerTimeHeader, h.Get(canonical.ServerTimeHeader)) },
		"not a time": func(h http.Header, _ *string) { h.Set(canonical.ServerTimeHeader, "now") },
		"another mac": func(h http.Header, _ *string) {
			value := h.Get(canonical.ServerTimeHeader)
			h.Set(canonical.ServerTimeHeader, value[:len(value)-64]+strings.Repeat("0", 64))
		},
		"another time": func(h http.Header, _ *string) {
			value := []byte(h.Get(canonical.ServerTimeHeader))
			value[len("t=2026030")] ^= 1
			h.Set(canonical.ServerTimeHeader, string(value))
		},
		"an answer to another request": func(h http.Header, _ *string) {
			at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
			key := canonical.NewSecret(testSecret).SigningKey(canonical.CS4, canonical.Scope{Date: "20260301", Region: "live", Service: "orders"})
			h.Set(canonical.ServerTimeHeader, canonical.NewServerTime(key, canonical.CS4, strings.Repeat("0", 64), at, at).String())
		},
		"another code":      func(_ http.Header, body *string) { *body = `{"code":"replayed_request"}` },
		"no problem":        func(h http.Header, _ *string) { h.Set("Content-Type", "text/html") },
		"a body of no JSON": func(_ http.Header, body *string) { *body = strings.Repeat("a", 2*maxProblem) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSkewed(t, time.Hour)
			sent := ""
			s.verifier.spoil = func(h http.Header, body *string) {
				spoil(h, body)
				sent = *body
			}
			resp, body := s.post(t, strings.NewReader("hello"))
			assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			assert.Equal(t, sent, body, "the answer is returned whole")
			assert.Equal(t, []int{401}, s.verifier.statuses)
			assert.Zero(t, s.signer.offset.load())
		})
	}
}

func TestTransportSignsAgainOnlyOnce(t *testing.T) {
	s := newSkewed(t, time.Hour)
	s.verifier.spoil = func(http.Header, *string) { s.theirs.advance(time.Hour) } // never in time
	resp, body := s.post(t, nil)
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.JSONEq(t, `{"code":"clock_skew"}`, body)
	assert.Equal(t, []int{401, 401}, s.verifier.statuses)
}

func TestTransportDoesNotBelieveAClockADayAway(t *testing.T) {
	s := newSkewed(t, 26*time.Hour)
	resp, _ := s.post(t, nil)
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Zero(t, s.signer.offset.load())
}

func TestTransportWaitsForTheEarliestTimeIfItIsNear(t *testing.T) {
	s := newSkewed(t, 0)
	s.verifier.floor = s.theirs.Now().Add(4 * time.Second)
	s.post(t, nil)
	assert.Equal(t, []int{401, 200}, s.verifier.statuses)
	require.Len(t, s.waits, 1)
	assert.InDelta(t, 4.75, s.waits[0].Seconds(), 0.01, "the floor, rounded up to a whole second")
	assert.False(t, s.verifier.dates[1].Before(s.verifier.floor))
}

func TestTransportSignsForTheEarliestTimeThoughTheTimerWasShort(t *testing.T) {
	s := newSkewed(t, 0, WithWait(func(context.Context, time.Duration) error { return nil }))
	s.verifier.floor = s.theirs.Now().Add(4 * time.Second)
	s.post(t, nil)
	assert.Equal(t, []int{401, 200}, s.verifier.statuses)
}

func TestTransportDoesNotWaitLong(t *testing.T) {
	s := newSkewed(t, 0)
	s.verifier.floor = s.theirs.Now().Add(11 * time.Second)
	resp, body := s.post(t, nil)
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.JSONEq(t, `{"code":"clock_skew"}`, body)
	assert.Equal(t, []int{401}, s.verifier.statuses)
	assert.Empty(t, s.waits)

	impatient := newSkewed(t, 0, WithMaxWait(0))
	impatient.verifier.floor = impatient.theirs.Now().Add(time.Second)
	impatient.post(t, nil)
	assert.Equal(t, []int{401}, impatient.verifier.statuses)
}

func TestTransportDoesNotWaitBeyondTheDeadline(t *testing.T) {
	s := newSkewed(t, 0, WithMaxWait(time.Hour))
	s.verifier.floor = s.theirs.Now().Add(30 * time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	resp, err := s.client.Do(get(t, s.url).WithContext(ctx))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Empty(t, s.waits)
}

func TestTransportStopsWaitingWhenItsContextEnds(t *testing.T) {
	stopped := errors.New("stopped")
	s := newSkewed(t, 0, WithWait(func(context.Context, time.Duration) error { return stopped }))
	s.verifier.floor = s.theirs.Now().Add(4 * time.Second)
	_, err := s.client.Get(s.url)
	assert.ErrorIs(t, err, stopped)

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	assert.ErrorIs(t, waitOnTimer(ctx, time.Hour), stopped)
	assert.NoError(t, waitOnTimer(t.Context(), 0))
}

func TestOffsetIsZeroWhereTheClocksMayAgree(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		theirs         time.Time
		sent, received time.Duration
		offset         time.Duration
	}{
		{at, 0, 0, 0},
		{at, 900 * time.Millisecond, 950 * time.Millisecond, 0},
		{at, -100 * time.Second, 200 * time.Second, 0},
		{at.Add(time.Hour), 0, time.Second, time.Hour},
		{at.Add(-time.Hour), 0, 2 * time.Second, -time.Hour - 500*time.Millisecond},
	} {
		var offset clockOffset
		offset.nanoseconds.Store(42)
		require.True(t, offset.learn(c.theirs, at.Add(c.sent), at.Add(c.received)))
		assert.Equal(t, c.offset, offset.load())
	}
}

func TestTransportDoesNotBelieveAnAnswerThatTookLong(t *testing.T) {
	for held, statuses := range map[time.Duration][]int{maxAnswerTime: {401, 200}, maxAnswerTime + time.Second: {401}} {
		s := newSkewed(t, time.Hour)
		s.client.Transport = s.signer.Transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(req)
			s.local.advance(held)
			s.theirs.advance(held)
			return resp, err
		}))
		s.post(t, nil)
		assert.Equal(t, statuses, s.verifier.statuses, "held up for %v", held)
	}
}
