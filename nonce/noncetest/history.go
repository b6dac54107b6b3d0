package noncetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/countersign-dev/countersign/nonce"
)

// claimsAreLinearizable claims a few ids over and over from many sides while time moves on, 5,000 times
// or, with COUNTERSIGN_LONG set, 100,000 times, and has what was answered checked: there must be an order of the claims, in which each lies between its call
// and its answer, that a single caller of one map could have seen.
func claimsAreLinearizable(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	count := 5_000
	if os.Getenv("COUNTERSIGN_LONG") != "" {
		count = 100_000
	}
	h := record(s.store, s.clock, count)
	if err := h.check(); err != nil {
		t.Fatal(err)
	}
	t.Logf("answers to claims of %d ids: %v", len(h.claims), h.answers())
}

// patience bounds the check of one id, which takes milliseconds.
const patience = time.Minute

// attempt is a claim in a history. Times are wall times of the injected clock, in nanoseconds.
type attempt struct {
	before, after int64 // the clock's reading when the claim was called, and when it was answered
	expires       int64
	answer        error
}

// history is what was called and answered, by id.
type history struct {
	claims [][]porcupine.Operation
}

// record makes so many claims from 32 callers. Each id is claimed by six at once, and again when that
// claim has expired, or has not. All callers meet after every few claims: a claim that was held up for
// long would overlap with so many others that to check all orders took for ever.
func record(store nonce.Store, clock *Clock, count int) history {
	const callers, claimsEach, ids, atOnce, longest = 32, 4, 50, 6, 15
	h := history{claims: make([][]porcupine.Operation, ids)}
	var turn, order atomic.Int64
	var mu sync.Mutex // guards h
	claim := func(caller int) {
		n := turn.Add(1)
		if n%10 == 0 {
			clock.Advance(250 * time.Millisecond)
		}
		number := int(n/atOnce) % ids
		now := clock.Now()
		expires := now.Truncate(time.Second).Add(time.Duration(rand.IntN(longest)) * time.Second)
		called := order.Add(1)
		err := store.Claim(context.Background(), nonce.NewID("key", fmt.Sprint(number)), now, expires)
		operation := porcupine.Operation{
			ClientId: caller,
			Call:     called,
			Return:   order.Add(1),
			Input:    &attempt{before: now.UnixNano(), after: clock.Now().UnixNano(), expires: expires.UnixNano(), answer: err},
		}
		mu.Lock()
		defer mu.Unlock()
		h.claims[number] = append(h.claims[number], operation)
	}
	for n := 0; n < count; n += callers * claimsEach {
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				for range claimsEach {
					claim(caller)
				}
			})
		}
		group.Wait()
	}
	return h
}

// answers counts the answers of each kind.
func (h history) answers() map[string]int {
	counts := make(map[string]int)
	for _, claims := range h.claims {
		for _, operation := range claims {
			switch err := operation.Input.(*attempt).answer; {
			case err == nil:
				counts["accepted"]++
			case errors.Is(err, nonce.ErrReplayed):
				counts["replayed"]++
			case errors.Is(err, nonce.ErrTooOld):
				counts["too old"]++
			default:
				counts[err.Error()]++
			}
		}
	}
	return counts
}

// check returns an error with the claims of an id that nobody could have seen in any order, or when the
// history is not one of collisions.
func (h history) check() error {
	counts := h.answers()
	for _, kind := range []string{"accepted", "replayed", "too old"} {
		if counts[kind] == 0 {
			return fmt.Errorf("no claim was %s: %v", kind, counts)
		}
	}
	if len(counts) > 3 {
		return fmt.Errorf("unexpected answers: %v", counts)
	}
	model := oneID.ToModel()
	for number, claims := range h.claims {
		switch porcupine.CheckOperationsTimeout(model, claims, patience) {
		case porcupine.Illegal:
			return fmt.Errorf("the claims of id %d are not linearizable:\n%s", number, describe(claims))
		case porcupine.Unknown:
			return fmt.Errorf("the claims of id %d could not be checked within %s:\n%s", number, patience, describe(claims))
		}
	}
	return nil
}

// describe returns the claims around the first one that fits into no order.
func describe(claims []porcupine.Operation) string {
	const before, after = 12, 6
	slices.SortFunc(claims, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	first := sort.Search(len(claims), func(n int) bool {
		return porcupine.CheckOperationsTimeout(oneID.ToModel(), claims[:n], patience) != porcupine.Ok
	})
	var text strings.Builder
	seconds := func(at int64) float64 { return time.Duration(at - start.UnixNano()).Seconds() }
	for _, operation := range claims[max(0, first-before):min(len(claims), first+after)] {
		a := operation.Input.(*attempt)
		fmt.Fprintf(&text, "called %d at %.2f, answered %d at %.2f, expires %.0f: %v\n",
			operation.Call, seconds(a.before), operation.Return, seconds(a.after), seconds(a.expires), a.answer)
	}
	return text.String()
}

// one is the state of an id: until when it is claimed, and the earliest that it can be by now.
type one struct{ until, now int64 }

// oneID is how a store must look to the claims of one id. Each happens at one moment between its call
// and its answer, and at a reading of the clock between those two.
var oneID = porcupine.NondeterministicModel{
	Init: func() []any { return []any{one{}} },
	Step: func(state, input, _ any) (next []any) {
		s, a := state.(one), input.(*attempt)
		now := max(s.now, a.before)
		// At the earliest when the claim before has expired, this one can be made.
		free := max(now, s.until)
		claimable := free <= a.after && free < a.expires
		switch {
		case a.answer == nil && claimable:
			next = append(next, one{a.expires, free})
		case errors.Is(a.answer, nonce.ErrReplayed) && now <= a.after && now < s.until && a.before < a.expires:
			// Where it has itself expired by then, since it was held up, it may be refused for either.
			next = append(next, one{s.until, now})
		case errors.Is(a.answer, nonce.ErrTooOld) && a.after >= a.expires:
			next = append(next, one{s.until, now})
			if claimable { // it was recorded, and has expired before the answer
				next = append(next, one{a.expires, free})
			}
		}
		return next
	},
	Hash: func(state any) uint64 {
		s := state.(one)
		return uint64(s.until)*0x9E3779B97F4A7C15 ^ uint64(s.now)
	},
}
