package vaultkeys_test

import (
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// succession is what clients know of a key's secrets: at most the three newest are in use, and no
// request in flight is farther behind when the next rotation comes.
type succession struct {
	secrets [][3]string // by generation
	newest  atomic.Int64
	inUse   []atomic.Int64 // by client: the generation that its request was signed in, or idle
}

const idle = int64(1) << 62

// quiet waits until no request in flight was signed before this generation.
func (s *succession) quiet(generation int64) {
	for i := range s.inUse {
		for s.inUse[i].Load() < generation {
			runtime.Gosched()
		}
	}
}

// A thousand rotations while clients sign, with secrets up to two behind: none is refused.
func TestRotationsUnderLoad(t *testing.T) {
	rotations := 1000
	if testing.Short() {
		rotations = 100
	}
	f := newFixture(t)
	secrets := []string{newSecret(), newSecret(), newSecret()}
	for _, secret := range secrets {
		f.put(t, keyID, secret)
	}
	source := f.open(t, func(o *vaultkeys.Options) {
		o.Refresh, o.MaxStale, o.Logger = 10*time.Millisecond, time.Minute, slog.New(slog.DiscardHandler)
	})
	verifier := newVerifier(t, source)
	s := &succession{inUse: make([]atomic.Int64, 4)}
	s.secrets = make([][3]string, rotations+1)
	s.secrets[0] = [3]string{secrets[2], secrets[1], secrets[0]}
	for i := range s.inUse {
		s.inUse[i].Store(idle)
	}

	var accepted [3]atomic.Int64 // by how far behind
	var stop atomic.Bool
	var clients sync.WaitGroup
	for i := range s.inUse {
		clients.Go(func() {
			for !stop.Load() {
				generation := s.newest.Load()
				s.inUse[i].Store(generation)
				behind := rand.IntN(3)
				req := signed(t, keyID, s.secrets[generation][behind])
				if _, err := verifier.Verify(req); err != nil {
					t.Errorf("generation %d, %d behind: %v", generation, behind, err)
					return
				}
				accepted[behind].Add(1)
				s.inUse[i].Store(idle)
				time.Sleep(500 * time.Microsecond) // leave something to Vault: two processors are few
			}
			s.inUse[i].Store(idle)
		})
	}
	began := time.Now()
	for generation := int64(1); generation <= int64(rotations) && !t.Failed(); generation++ {
		secret, before := newSecret(), s.secrets[generation-1]
		f.put(t, keyID, secret)
		eventually(t, func() bool {
			key, err := source.Key(background, keyID)
			return err == nil && key.Secrets[0].Secret.Reveal() == secret || t.Failed()
		}, func() string { return "the rotation is not seen" })
		s.secrets[generation] = [3]string{secret, before[0], before[1]}
		s.newest.Store(generation)
		s.quiet(generation)
	}
	stop.Store(true)
	clients.Wait()
	t.Logf("%d rotations in %v; accepted %d, %d and %d requests with the newest secret, one and two behind", rotations,
		time.Since(began).Round(time.Millisecond), accepted[0].Load(), accepted[1].Load(), accepted[2].Load())
	for behind := range accepted {
		require.Greater(t, accepted[behind].Load(), int64(rotations)/10, "hardly any requests %d behind", behind)
	}
	_, err := verifier.Verify(signed(t, keyID, secrets[0]))
	require.ErrorContains(t, err, "signature_mismatch")
}
