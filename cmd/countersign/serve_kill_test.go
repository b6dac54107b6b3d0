package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// killPoints is how often the service is killed: 10, or what COUNTERSIGN_CRASH_POINTS says.
func killPoints(t *testing.T) int {
	text := os.Getenv("COUNTERSIGN_CRASH_POINTS")
	if text == "" {
		return 10
	}
	points, err := strconv.Atoi(text)
	require.NoError(t, err)
	return points
}

// TestKilledServiceAcceptsNothingTwice kills the service under load at random points, starts it on
// the same data, and sends again everything that it had ever accepted. In every other 50 ms a third
// of the load is signed 290 s ahead; a third is presigned for 900 s.
func TestKilledServiceAcceptsNothingTwice(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableKeepAlives: false}
	defer transport.CloseIdleConnections()
	var accepted []*http.Request
	replays := 0
	for point := range killPoints(t) {
		s := countersigntest.StartDev(t, "--data", data)
		newlyAccepted := load{way: mixedLoad, least: 50 * time.Millisecond}.andKill(t, s, transport)
		require.NotEmpty(t, newlyAccepted, "point %d: no request was accepted before the kill", point)
		accepted = append(accepted, newlyAccepted...)

		again := countersigntest.StartDev(t, "--data", data)
		replays += replay(t, again, transport, accepted, http.StatusUnauthorized)
		again.Kill()
	}
	t.Logf("%d requests accepted, sent again %d times", len(accepted), replays)
}

// load is what a service is under when it is killed.
type load struct {
	way       func(i int, since time.Duration) int // how a caller signs its i-th request, so long after the start
	least     time.Duration                        // how long it lasts at least; 300 ms more at most
	tolerated []int                                // statuses that are no fault, besides 200
}

// mixedLoad signs a third ahead in every other 50 ms. These are synced, and all before them, so that
// in between there is a tail of the log that is not.
func mixedLoad(i int, since time.Duration) int {
	if i%3 == signedAhead && since/(50*time.Millisecond)%2 == 0 {
		return signedNow
	}
	return i % 3
}

// andKill sends signed requests from 16 callers, kills the service at a random moment, and returns
// the requests that had been answered 200.
func (l load) andKill(t *testing.T, s *countersigntest.Service, transport http.RoundTripper) []*http.Request {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var (
		mu       sync.Mutex
		accepted []*http.Request
		callers  sync.WaitGroup
	)
	start := time.Now()
	for caller := range 16 {
		callers.Go(func() {
			for i := caller; ctx.Err() == nil; i++ {
				req, err := signedRequest(t, s, l.way(i, time.Since(start)))
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := transport.RoundTrip(req)
				if err != nil {
					return // killed
				}
				_ = answer.Body.Close()
				switch {
				case answer.StatusCode == http.StatusOK:
					mu.Lock()
					accepted = append(accepted, req)
					mu.Unlock()
				case !slices.Contains(l.tolerated, answer.StatusCode):
					t.Errorf("a fresh request was answered %s", answer.Status)
					return
				}
			}
		})
	}
	timer := time.NewTimer(l.least + rand.N(300*time.Millisecond))
	<-timer.C
	s.Kill()
	stop()
	callers.Wait()
	return accepted
}

// Ways to sign a request that is in time.
const (
	signedNow   = iota
	signedAhead // by 290 s
	presigned
	signedSoon // by 4 s
)

// signedRequest signs a request that is in time in one of the ways.
func signedRequest(t *testing.T, s *countersigntest.Service, way int) (*http.Request, error) {
	credentials, err := client.ParseCredentials(s.Settings["COUNTERSIGN_KEY_ID"], s.Settings["COUNTERSIGN_SECRET"])
	if err != nil {
		return nil, err
	}
	target := client.Target{Region: "dev", Service: "demo"}
	req := newRequest(t, s, "/whoami")
	switch way {
	case signedAhead, signedSoon:
		by := map[int]time.Duration{signedAhead: 290 * time.Second, signedSoon: 4 * time.Second}[way]
		ahead := client.WithClock(func() time.Time { return time.Now().Add(by) })
		return req, client.NewSigner(credentials, target, ahead).Sign(req)
	case presigned:
		url, err := client.NewSigner(credentials, target).Presign(req, 15*time.Minute)
		if err != nil {
			return nil, err
		}
		req.URL = url
		return req, nil
	}
	return req, client.NewSigner(credentials, target).Sign(req)
}

// replay sends requests again, each of which must be refused with one of the statuses, and returns how
// many it sent.
func replay(t *testing.T, s *countersigntest.Service, transport http.RoundTripper, requests []*http.Request, refused ...int) int {
	var next, again atomic.Int64
	var callers sync.WaitGroup
	statuses := make([]int, len(requests))
	for range 16 {
		callers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				req := requests[i].Clone(t.Context())
				req.URL.Host = s.Settings["COUNTERSIGN_URL"][len("http://"):]
				answer, err := transport.RoundTrip(req)
				if err != nil {
					t.Error(fmt.Errorf("replaying: %w", err))
					return
				}
				_ = answer.Body.Close()
				statuses[i] = answer.StatusCode
				again.Add(1)
			}
		})
	}
	callers.Wait()
	for i, status := range statuses {
		assert.Contains(t, refused, status, "accepted twice, or refused for another reason: %s", requests[i].URL)
	}
	return int(again.Load())
}
