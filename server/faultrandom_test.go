package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

// sometimes has one call in so many fail, half of them after they have done their work.
func sometimes(oneIn int) fault {
	return func(ctx context.Context, work func() error) error {
		if rand.IntN(oneIn) != 0 {
			return work()
		}
		return []fault{fails(errFault), failsAfter(errFault)}[rand.IntN(2)](ctx, work)
	}
}

// deliveries counts what reaches an application, by nonce.
type deliveries struct {
	mu      sync.Mutex
	byNonce map[string]int // guarded by mu
}

func (d *deliveries) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d.mu.Lock()
	d.byNonce[req.Header.Get("X-Countersign-Nonce")]++
	d.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// TestRetriesThroughFaultsAreDeliveredOnce has clients send each request again and again, at once and
// one after the other, while calls fail at random: none is delivered twice, and none that was not
// answered as accepted.
func TestRetriesThroughFaultsAreDeliveredOnce(t *testing.T) {
	const requests, clients, tries = 300, 4, 4
	f := &faulty{key: sometimes(8), peek: sometimes(8), claim: sometimes(2)}
	u := newSetup(t, withFaults(f), func(u *setup) { u.policy.Observe = nil })
	d := &deliveries{byNonce: make(map[string]int)}
	handler := u.Handler(d)
	var answers sync.Map // of status
	var accepted atomic.Int64
	for i := range requests {
		s := newPost("hello")
		if i%2 == 0 {
			s = newSigning()
		}
		raw := s.raw()
		var group sync.WaitGroup
		for range clients {
			group.Go(func() {
				for range tries {
					answer := httptest.NewRecorder()
					handler.ServeHTTP(answer, readRequest(t, raw))
					answers.Store(answer.Code, true)
					if answer.Code == http.StatusNoContent {
						accepted.Add(1)
					}
				}
			})
		}
		group.Wait()
	}
	total := 0
	for name, count := range d.byNonce {
		require.Equal(t, 1, count, name)
		total += count
	}
	require.EqualValues(t, total, accepted.Load())
	require.Greater(t, total, requests/4, "faults have kept nearly all from being accepted, so this tests little")
	require.Less(t, total, requests, "a claim that failed but persisted was accepted")
	answers.Range(func(status, _ any) bool {
		require.Contains(t, []any{204, 401, 503}, status)
		return true
	})
}

// TestStoreClosedUnderRequestsRefuses closes a store on disk while requests come in. Those that come
// late are refused, none panics, and of those that were accepted every one is a replay when the store
// has been opened again.
func TestStoreClosedUnderRequestsRefuses(t *testing.T) {
	path := t.TempDir()
	options := badgerstore.Options{Initial: nonce.New, Logger: slog.New(slog.DiscardHandler)}
	for round := range 5 {
		store, err := badgerstore.Open(t.Context(), path, options)
		require.NoError(t, err)
		u := newSetup(t, onDisk(store))
		var accepted sync.Map // of signing, by nonce
		var count atomic.Int64
		var closed atomic.Bool
		var group sync.WaitGroup
		for caller := range 16 {
			group.Go(func() {
				for {
					late := closed.Load()
					s := newSigning()
					s.at = u.clock.Now()
					s.nonce = fmt.Sprintf("closing-%08d-%08d-%d", round, caller, count.Add(1))
					answer := httptest.NewRecorder()
					u.Handler(u.application()).ServeHTTP(answer, s.request(t))
					switch answer.Code {
					case http.StatusNoContent:
						accepted.Store(s.nonce, s)
						if late {
							t.Error("accepted after the store had been closed")
							return
						}
					case http.StatusServiceUnavailable:
						return
					default:
						t.Errorf("answered %d", answer.Code)
						return
					}
				}
			})
		}
		require.Eventually(t, func() bool { return count.Load() >= 500 || t.Failed() }, 20*time.Second, time.Millisecond)
		require.NoError(t, store.Close())
		closed.Store(true)
		group.Wait()
		require.Equal(t, canonical.StoreUnavailable, u.decision(t).Reason)

		store, err = badgerstore.Open(t.Context(), path, options)
		require.NoError(t, err)
		again := newSetup(t, onDisk(store))
		sent := 0
		accepted.Range(func(_, s any) bool {
			sent++
			return again.serve(s.(signing).request(t)).Code == 401 && again.decision(t).Reason == canonical.Replayed
		})
		require.EqualValues(t, u.upstream.Load(), sent)
		require.Zero(t, again.upstream.Load(), "accepted twice: %v", again.decision(t).Rejection)
		require.Equal(t, canonical.Replayed, again.decision(t).Reason)
		require.NoError(t, store.Close())
	}
}

// onDisk has a verifier use a store that reads the system's clock, and read about the same time.
func onDisk(store *badgerstore.Store) func(*setup) {
	return func(u *setup) {
		u.clock.wall = time.Now()
		u.nonces = store
	}
}
