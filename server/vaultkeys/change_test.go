package vaultkeys_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// Every change is in force within the refresh interval, of which a source uses at most nine tenths.
func TestChangesAreInForceWithinTheRefreshInterval(t *testing.T) {
	t.Parallel()
	const refresh = 4 * time.Second
	f := newFixture(t)
	source := f.open(t, func(o *vaultkeys.Options) { o.Refresh = refresh })
	b := newSecret()
	changes := map[string]struct {
		change  func(t *testing.T, id string)
		inForce func(key *server.Key, err error) bool
	}{
		"disabled": {
			func(t *testing.T, id string) { f.put(t, id, f.secretOf(id), map[string]any{"disabled": true}) },
			func(key *server.Key, _ error) bool { return key.Disabled },
		},
		"expires_at": {
			func(t *testing.T, id string) {
				f.put(t, id, f.secretOf(id), map[string]any{"expires_at": "2020-01-01T00:00:00Z"})
			},
			func(key *server.Key, _ error) bool { return !key.ExpiresAt.IsZero() },
		},
		"scopes": {
			func(t *testing.T, id string) {
				f.put(t, id, f.secretOf(id), map[string]any{"scopes": []string{"orders:read"}})
			},
			func(key *server.Key, _ error) bool { return len(key.Scopes) == 1 },
		},
		"rotation": {
			func(t *testing.T, id string) { f.put(t, id, b) },
			func(key *server.Key, _ error) bool { return len(key.Secrets) == 2 },
		},
		"deleted version": {
			func(t *testing.T, id string) { f.versions(t, "delete", id, 1) },
			func(_ *server.Key, err error) bool { return isUnknown(err) },
		},
		"deleted path": {
			func(t *testing.T, id string) { f.deletePath(t, id) },
			func(_ *server.Key, err error) bool { return isUnknown(err) },
		},
		"malformed": {
			func(t *testing.T, id string) { f.put(t, id, "short") },
			func(_ *server.Key, err error) bool { return isUnknown(err) },
		},
	}
	ids := make(map[string]string)
	for name := range changes {
		ids[name] = "key-" + strings.ReplaceAll(name, " ", "-")
		f.put(t, ids[name], f.secretOf(ids[name]))
	}
	for name := range changes {
		eventually(t, func() bool { _, err := source.Key(background, ids[name]); return err == nil }, func() string { return "not listed" })
	}
	var waits sync.WaitGroup
	for name, c := range changes {
		c.change(t, ids[name])
		changed := time.Now()
		waits.Go(func() {
			for !c.inForce(source.Key(background, ids[name])) {
				if time.Since(changed) > refresh {
					t.Errorf("%s is not in force after %v", name, refresh)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	f.put(t, "key-new", f.secretOf("key-new"))
	made := time.Now()
	for _, err := source.Key(background, "key-new"); err != nil; _, err = source.Key(background, "key-new") {
		require.Less(t, time.Since(made), refresh, "a new key is not known")
		time.Sleep(time.Millisecond)
	}
	waits.Wait()
}

// One key whose record is wrong is refused, with one line that names key and field and no value;
// the others go on.
func TestMalformedRecordsFailClosed(t *testing.T) {
	f := newFixture(t)
	good := newSecret()
	wrong := good[:len(good)-1] + "!" // our form, and another checksum
	records := map[string]struct {
		data  map[string]any
		field string
	}{
		"missing-secret":      {map[string]any{"environment": "live"}, "secret"},
		"missing-environment": {map[string]any{"secret": good}, "environment"},
		"empty":               {map[string]any{}, "environment"},
		"short-secret":        {map[string]any{"secret": "Sh0rtSecret", "environment": "live"}, "secret"},
		"mistyped-secret":     {map[string]any{"secret": wrong, "environment": "live"}, "secret"},
		"secret-of-another":   {map[string]any{"secret": good, "environment": "test"}, "secret"},
		"secret-number":       {map[string]any{"secret": 12345678, "environment": "live"}, "secret"},
		"secret-null":         {map[string]any{"secret": nil, "environment": "live"}, "secret"},
		"environment":         {map[string]any{"secret": good, "environment": "LIVE!"}, "environment"},
		"ck_test_0000":        {map[string]any{"secret": good, "environment": "live"}, "environment"},
		"scopes":              {map[string]any{"secret": good, "environment": "live", "scopes": []any{"a b"}}, "scopes"},
		"scopes-map":          {map[string]any{"secret": good, "environment": "live", "scopes": map[string]any{}}, "scopes"},
		"dialects":            {map[string]any{"secret": good, "environment": "live", "dialects": "cs4,cs5"}, "dialects"},
		"dialects-empty":      {map[string]any{"secret": good, "environment": "live", "dialects": []any{}}, "dialects"},
		"sources":             {map[string]any{"secret": good, "environment": "live", "sources": "10.0.0.1/8"}, "sources"},
		"sources-empty":       {map[string]any{"secret": good, "environment": "live", "sources": []any{}}, "sources"},
		"disabled":            {map[string]any{"secret": good, "environment": "live", "disabled": "yes"}, "disabled"},
		"expires":             {map[string]any{"secret": good, "environment": "live", "expires_at": "tomorrow"}, "expires_at"},
		"revoke":              {map[string]any{"secret": good, "environment": "live", "revoke_previous": 1}, "revoke_previous"},
		"tier":                {map[string]any{"secret": good, "environment": "live", "rate_tier": ""}, "rate_tier"},
		"unknown-field":       {map[string]any{"secret": good, "environment": "live", "dissabled": true}, "dissabled"},
		"secret-as-a-field":   {map[string]any{"secret": good, "environment": "live", good: true}, "unknown"},
	}
	f.put(t, keyID, good)
	for id, record := range records {
		f.write(t, id, record.data)
	}
	source := f.open(t)
	for range 3 {
		for id := range records {
			requireUnknown(t, source, id)
		}
		f.requireSecrets(t, source, keyID, good)
	}
	asOf := time.Now()
	eventually(t, func() bool {
		_, at, _ := source.Record(keyID)
		return at.After(asOf.Add(time.Second))
	}, func() string { return "no refreshes" })
	log := f.log.String()
	for id, record := range records {
		var lines []string
		for line := range strings.Lines(log) {
			if strings.Contains(line, "key_id="+id+" ") {
				lines = append(lines, line)
			}
		}
		require.Len(t, lines, 1, id)
		require.Contains(t, lines[0], "level=ERROR")
		require.Contains(t, lines[0], record.field, id)
	}
	for _, value := range []string{good, wrong, "Sh0rtSecret", "12345678", "LIVE!", "tomorrow", "a b\""} {
		require.NotContains(t, log, value)
	}
	require.Len(t, source.Status().Malformed, len(records))

	// Mended, a key is in force again; broken, it is refused, and not answered from before.
	mended := f.secretOf("short-secret")
	f.put(t, "short-secret", mended)
	f.requireSecrets(t, source, "short-secret", mended)
	f.put(t, keyID, good, map[string]any{"disabled": "maybe"})
	requireUnknown(t, source, keyID)
}

// A deletion is in force at once, also for a verifier whose clock is behind Vault's.
func TestDeletionCountsByVaultsClock(t *testing.T) {
	f := newFixture(t)
	f.clock.Advance(-10 * time.Minute)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	f.put(t, keyID, b)
	source := f.open(t)
	f.requireSecrets(t, source, keyID, b, a)
	f.versions(t, "delete", keyID, 1)
	f.requireSecrets(t, source, keyID, b)
	f.versions(t, "delete", keyID, 2)
	requireUnknown(t, source, keyID)
	f.versions(t, "undelete", keyID, 2)
	f.requireSecrets(t, source, keyID, b)
}

// So is one that was scheduled.
func TestScheduledDeletionCountsByVaultsClock(t *testing.T) {
	f := newFixture(t)
	f.clock.Advance(-5 * time.Minute)
	_, err := f.root.Logical().Write("secret/metadata/"+f.prefix+"/"+keyID, map[string]any{"delete_version_after": "2s"})
	require.NoError(t, err)
	a := newSecret()
	f.put(t, keyID, a)
	source := f.open(t)
	f.requireSecrets(t, source, keyID, a)
	requireUnknown(t, source, keyID)
}

// What is malformed in an older version ends the walk there, and leaves the key in force.
func TestMalformedOlderVersion(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	f.write(t, keyID, map[string]any{"secret": "short"})
	f.put(t, keyID, b)
	source := f.open(t)
	f.requireSecrets(t, source, keyID, b)
	require.Contains(t, f.log.String(), "version=2")
	require.Empty(t, source.Status().Malformed)
}

// A secret of one environment is not valid in another, also one that was not made by countersign
// and does not say of which it is.
func TestEarlierVersionOfAnotherEnvironment(t *testing.T) {
	f := newFixture(t)
	a, b, id := strings.Repeat("a", 40), strings.Repeat("b", 40), "partner"
	f.put(t, id, a, map[string]any{"environment": "test"})
	f.put(t, id, b)
	source := f.open(t)
	f.requireSecrets(t, source, id, b)
	require.Contains(t, f.log.String(), "field=environment")
}

// Many requests that are the first to name a key cause one reading of it.
func TestFirstUseReadsOnce(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, newSecret())
	var held atomic.Int64
	release := make(chan struct{})
	p.interceptPath("/v1/secret/metadata/"+f.prefix+"/"+keyID, func(http.ResponseWriter, *http.Request) bool {
		held.Add(1)
		<-release
		return false
	})
	source := f.open(t, p.use, func(o *vaultkeys.Options) { o.Refresh = time.Minute })
	var requests sync.WaitGroup
	var started atomic.Int64
	for range 100 {
		requests.Go(func() {
			started.Add(1)
			_, err := source.Key(background, keyID)
			if err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, func() bool { return held.Load() > 0 && started.Load() == 100 }, func() string { return "no reading" })
	close(release)
	requests.Wait()
	require.Equal(t, int64(1), held.Load())
	require.Equal(t, 1, p.count("data"))
}

// First uses have a budget of their own: a flood of them leaves refreshes alone.
func TestFirstUsesDoNotStarveRefreshes(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	var ids []string
	for i := range 60 {
		ids = append(ids, "key-"+string(rune('a'+i%26))+string(rune('a'+i/26)))
		f.put(t, ids[i], newSecret())
	}
	f.put(t, keyID, newSecret())
	source := f.open(t, p.use, func(o *vaultkeys.Options) {
		o.FirstReads, o.Timeout, o.Wait = 4, 500*time.Millisecond, 100*time.Millisecond
	})
	requireKey(t, source, keyID)
	var requests sync.WaitGroup
	var refused atomic.Int64
	for _, id := range ids {
		requests.Go(func() {
			began := time.Now()
			if _, err := source.Key(background, id); err != nil {
				refused.Add(1)
			}
			if waited := time.Since(began); waited > 100*time.Millisecond+quick {
				t.Errorf("a request waited %v", waited)
			}
		})
	}
	secret := newSecret()
	f.put(t, keyID, secret)
	rotated := time.Now()
	for f.secrets(source, keyID)[0] != secret {
		require.Less(t, time.Since(rotated), 200*time.Millisecond+quick)
		time.Sleep(time.Millisecond)
	}
	requests.Wait()
	require.Greater(t, refused.Load(), int64(40), "the budget did not bind")
}

// When there are more keys in use than refreshes allow for, the log and Status say so.
func TestLateRefreshesAreTold(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprintf("key-%d", i))
		f.put(t, ids[i], newSecret())
	}
	late := func(refreshes int) (told func() bool, source *vaultkeys.Source) {
		source = f.open(t, func(o *vaultkeys.Options) { o.Refreshes, o.Refresh = refreshes, 2*time.Second })
		return func() bool {
			for _, id := range ids {
				requireKey(t, source, id)
			}
			return source.Status().Late > 0 && strings.Contains(f.log.String(), "keys in use are refreshed too late")
		}, source
	}
	told, source := late(1000)
	for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(10 * time.Millisecond) {
		require.False(t, told())
	}
	require.NoError(t, source.Close())
	told, _ = late(5)
	eventually(t, told, func() string { return "nobody tells of it" })
}

// What nobody uses is dropped from memory, and read when it is used again.
func TestUnusedKeysAreForgotten(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	source := f.open(t, func(o *vaultkeys.Options) { o.Refresh = 50 * time.Millisecond })
	f.requireSecrets(t, source, keyID, a)
	require.Equal(t, 1, source.Status().Cached)
	eventually(t, func() bool { return source.Status().Cached == 0 }, func() string { return "it stays in memory" })
	f.put(t, keyID, b)
	require.Equal(t, []string{b, a}, f.secrets(source, keyID), "the first use waits for what is so now")
}
