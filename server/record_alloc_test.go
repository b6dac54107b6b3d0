package server_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// TestRecordCostsAcceptedRequestsNothing: they allocate what they do without it.
func TestRecordCostsAcceptedRequestsNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const runs = 200
	u := newSetup(t, recording, func(u *setup) {
		u.policy.Observe = func(_ context.Context, d server.Decision) {
			if d.Record != nil {
				t.Error("a record of an accepted request")
			}
		}
		memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Clock: u.clock})
		require.NoError(t, err)
		u.nonces = memory
	})
	var requests []*http.Request
	for range runs + 2 {
		requests = append(requests, sixHeaders().request(t))
	}
	next := 0
	verify := func() {
		if _, err := u.Verify(requests[next]); err != nil {
			t.Fatal(err)
		}
		next++
	}
	verify() // warm
	require.LessOrEqual(t, testing.AllocsPerRun(runs, verify), 2.0)
}
