package vaultkeys_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// hostileIDs are looked up as they are: the verifier's own grammar, which refuses most of them,
// does not stand before the source here.
var hostileIDs = []string{
	"", ".", "..", "../", "../../sys/seal", "%2e%2e", "%2e%2e%2f", "a/b", "/", "//", "\\", "a\x00b", "a\nb", "*", "+", "?list=true",
	"#", " ", "ck_live_\xff", strings.Repeat("a", 200), strings.Repeat("../", 100), "metadata", "config", "keys", "__proto__",
}

// Ten thousand unknown ids a second, for 2 s or as long as COUNTERSIGN_HOSTILE says (1m): no
// question to Vault, no memory, and keys in use are refreshed as ever.
func TestUnknownIDsCostVaultNothing(t *testing.T) {
	duration := 2 * time.Second
	if text := os.Getenv("COUNTERSIGN_HOSTILE"); text != "" {
		var err error
		duration, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, newSecret())
	source := f.open(t, p.use, func(o *vaultkeys.Options) { o.Refresh = 100 * time.Millisecond })
	requireKey(t, source, keyID)
	heap := heapInUse()
	asked := p.paths()

	const perSecond, step = 10_000, 10 * time.Millisecond
	steps := int(duration / step)
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	var slowest, oldest time.Duration
	var rotation time.Time
	secret := newSecret()
	looked := 0
	for i := range steps {
		<-ticker.C
		for j := range perSecond / int(time.Second/step) {
			id := fmt.Sprintf("ck_live_%016x", rand.Uint64())
			if j%10 == 0 {
				id = hostileIDs[rand.IntN(len(hostileIDs))]
			}
			began := time.Now()
			key, err := source.Key(background, id)
			slowest = max(slowest, time.Since(began))
			if key != nil || err != server.ErrUnknownKey {
				t.Fatalf("%q: %v, %v", id, key, err)
			}
			looked++
		}
		requireKey(t, source, keyID)
		oldest = max(oldest, source.Status().Age)
		if i == steps/2 {
			f.put(t, keyID, secret)
			rotation = time.Now()
		}
		if !rotation.IsZero() && f.secrets(source, keyID)[0] == secret {
			t.Logf("the rotation was in force after %v", time.Since(rotation).Round(time.Millisecond))
			rotation = time.Time{}
		}
	}
	require.Zero(t, rotation, "the rotation is not in force")
	grown := int64(heapInUse()) - int64(heap)
	t.Logf("%d lookups, the slowest took %v; the heap grew by %d KiB; the cache was %v old at most", looked, slowest, grown>>10, oldest.Round(time.Millisecond))
	require.Less(t, grown, int64(2<<20))
	require.Less(t, oldest, 100*time.Millisecond+quick)
	require.Equal(t, asked, p.paths(), "Vault was asked for something else")
	require.Equal(t, 2, p.count("data"), "one for each version")
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// What is no key id stays out of paths even when Vault lists it.
func TestNamesInVaultThatAreNoKeyIDs(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, newSecret())
	misplaced := newSecret()
	for _, name := range []string{"a b", "a,b", misplaced, "folder/" + keyID, strings.Repeat("a", 129)} {
		f.put(t, name, newSecret())
	}
	source := f.open(t, p.use)
	requireKey(t, source, keyID)
	for _, id := range []string{"a b", "a,b", misplaced, "folder/", "folder/" + keyID, "folder", strings.Repeat("a", 129)} {
		requireUnknown(t, source, id)
	}
	require.Equal(t, 1, source.Status().Keys)
	require.Equal(t, 4, source.Status().Ignored)
	require.Equal(t, 1, p.count("data"))
	require.Contains(t, f.log.String(), "names=4")
	require.NotContains(t, f.log.String(), misplaced)
}

// An unknown key and a wrong signature take the same time, through the verifier.
func TestUnknownKeyMedianTime(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own cost drowns the difference")
	}
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	f.put(t, keyID, newSecret())
	source := f.open(t, func(o *vaultkeys.Options) { o.Refresh = 30 * time.Second })
	require.Len(t, requireKey(t, source, keyID).Secrets, 2)
	verifier := newVerifier(t, source)
	requests := [2]*http.Request{signed(t, keyID, newSecret()), signed(t, "ck_live_nobody0000000000", newSecret())}
	const runs = 5000
	apart := time.Duration(0)
	for range 3 {
		var times [2][]time.Duration
		for range runs {
			for i, req := range requests {
				began := time.Now()
				_, err := verifier.Verify(req)
				times[i] = append(times[i], time.Since(began))
				require.Error(t, err)
			}
		}
		slices.Sort(times[0])
		slices.Sort(times[1])
		if apart = (times[0][runs/2] - times[1][runs/2]).Abs(); apart < 10*time.Microsecond {
			t.Logf("medians %v and %v", times[0][runs/2], times[1][runs/2])
			break
		}
	}
	require.Less(t, apart, 10*time.Microsecond)
}

// Both are answered with the same bytes, the request id aside.
func TestUnknownDeletedAndMalformedKeysAreAnsweredAsAWrongSignature(t *testing.T) {
	f := newFixture(t)
	deleted, malformed := "ck_live_0000000000000000", "ck_live_1111111111111111"
	f.put(t, keyID, newSecret())
	f.put(t, deleted, newSecret())
	f.versions(t, "delete", deleted, 1)
	f.put(t, malformed, "short")
	verifier := newVerifier(t, f.open(t))
	answers := map[string]bool{}
	for _, id := range []string{keyID, deleted, malformed, "ck_live_2222222222222222"} {
		_, err := verifier.Verify(signed(t, id, newSecret()))
		answers[answer(t, err)] = true
	}
	require.Len(t, answers, 1, "%v", answers)
}
