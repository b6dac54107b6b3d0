package vaultkeys_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/vaulttest"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// quick is how long an answer from memory may take, on a busy machine with the race detector.
const quick = 500 * time.Millisecond

// Whatever is wrong with Vault: keys in memory serve for max_stale, then every request is refused
// as "cannot tell"; no request waits; and when Vault is back so are they, with what has changed.
func TestOutages(t *testing.T) {
	type outage struct {
		begin, end func(t *testing.T, f *fixture, p *proxy)
	}
	answered := func(answer http.HandlerFunc) outage {
		return outage{
			begin: func(_ *testing.T, _ *fixture, p *proxy) { p.intercept(answer) },
			end:   func(_ *testing.T, _ *fixture, p *proxy) { p.intercept(nil) },
		}
	}
	for name, o := range map[string]outage{
		"stopped": {
			begin: func(t *testing.T, f *fixture, _ *proxy) { f.vault.Stop(t) },
			end:   func(t *testing.T, f *fixture, _ *proxy) { f.vault.Restart(t, false) },
		},
		"restarted sealed": {
			begin: func(t *testing.T, f *fixture, _ *proxy) { f.vault.Stop(t); f.vault.Restart(t, true) },
			end:   func(t *testing.T, f *fixture, _ *proxy) { f.vault.Unseal(t) },
		},
		"sealed": {
			begin: func(t *testing.T, f *fixture, _ *proxy) { f.vault.Seal(t) },
			end:   func(t *testing.T, f *fixture, _ *proxy) { f.vault.Unseal(t) },
		},
		"hanging":         answered(hang),
		"500":             answered(respond(http.StatusInternalServerError, `{"errors":["internal error"]}`)),
		"502, not JSON":   answered(respond(http.StatusBadGateway, "<html>bad gateway</html>")),
		"403":             answered(respond(http.StatusForbidden, `{"errors":["permission denied"]}`)),
		"404 of a proxy":  answered(respond(http.StatusNotFound, "404 page not found")),
		"404, no mount":   answered(respond(http.StatusNotFound, `{"errors":["no handler for route"]}`)),
		"404, message":    answered(respond(http.StatusNotFound, `{"message":"no Route matched with those values"}`)),
		"404, {}":         answered(respond(http.StatusNotFound, `{}`)),
		"404, null":       answered(respond(http.StatusNotFound, `null`)),
		"404, no errors":  answered(respond(http.StatusNotFound, `{"errors":null}`)),
		"429":             answered(respond(http.StatusTooManyRequests, `{"errors":["rate limit quota exceeded"]}`)),
		"garbage":         answered(respond(http.StatusOK, "\x00\xff garbage")),
		"other JSON":      answered(respond(http.StatusOK, `{"status":"ok"}`)),
		"empty JSON":      answered(respond(http.StatusOK, `{"data":{}}`)),
		"no content":      answered(respond(http.StatusNoContent, "")),
		"endless garbage": answered(endless),
		"broken off":      answered(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fixtureOn(t, vaulttest.Start(t))
			p := newProxy(t, f)
			a, b := newSecret(), newSecret()
			unread, revoked := "ck_live_0000000000000000", "ck_live_1111111111111111"
			f.put(t, keyID, a)
			f.put(t, unread, f.secretOf(unread))
			f.put(t, revoked, f.secretOf(revoked))
			const maxStale = 2 * time.Second
			source := f.open(t, p.use, func(o *vaultkeys.Options) {
				o.MaxStale, o.Timeout, o.Wait = maxStale, 300*time.Millisecond, 300*time.Millisecond
				o.Auth = vaultkeys.Auth{Token: f.token(t, nil)}
			})
			f.requireSecrets(t, source, keyID, a)
			f.requireSecrets(t, source, revoked, f.secretOf(revoked))

			o.begin(t, f, p)
			// By right until maxStale has passed; a little less, for machines that are busy.
			for began := time.Now(); time.Since(began) < maxStale*8/10; time.Sleep(time.Millisecond) {
				asked := time.Now()
				key, err := source.Key(background, keyID)
				require.NoError(t, err, "after %v", time.Since(began))
				require.Equal(t, a, key.Secrets[0].Secret.Reveal())
				_, err = source.Key(background, "ck_live_nobody")
				require.ErrorIs(t, err, server.ErrUnknownKey)
				require.Less(t, time.Since(asked), quick)
			}
			require.NoError(t, source.Ready(background))
			// The first use of a key waits, and not for long.
			asked := time.Now()
			_, err := source.Key(background, unread)
			require.Error(t, err)
			require.NotErrorIs(t, err, server.ErrUnknownKey)
			require.Less(t, time.Since(asked), 300*time.Millisecond+quick)

			eventually(t, func() bool { return source.Ready(background) != nil }, func() string { return "ready without Vault" })
			require.ErrorIs(t, source.Ready(background), vaultkeys.ErrStale)
			for range 1000 {
				for _, id := range []string{keyID, unread, revoked, "ck_live_nobody"} {
					_, err := source.Key(background, id)
					require.Error(t, err)
					require.NotErrorIs(t, err, server.ErrUnknownKey)
				}
			}
			status := source.Status()
			require.Greater(t, status.Age, status.StaleAfter)
			require.Error(t, status.LastError)
			require.NotContains(t, f.log.String(), a)

			o.end(t, f, p)
			f.deletePath(t, revoked)
			f.put(t, keyID, b)
			f.requireSecrets(t, source, keyID, b, a)
			f.requireSecrets(t, source, unread, f.secretOf(unread))
			requireUnknown(t, source, revoked)
			require.NoError(t, source.Ready(background))
			eventually(t, func() bool { return source.Status().Age < time.Second }, func() string { return "the cache stays old" })
		})
	}
}

func endless(w http.ResponseWriter, req *http.Request) {
	chunk := []byte(strings.Repeat("[", 1<<16))
	for req.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// An outage that begins before the source does is no failure of Open's.
func TestOpenWithoutVault(t *testing.T) {
	f := fixtureOn(t, vaulttest.Start(t))
	a := newSecret()
	f.put(t, keyID, a)
	f.vault.Stop(t)
	source := f.open(t)
	_, err := source.Key(background, keyID)
	require.Error(t, err)
	require.NotErrorIs(t, err, server.ErrUnknownKey)
	require.Error(t, source.Ready(background))
	require.True(t, source.Status().ListedAt.IsZero())
	f.vault.Restart(t, false)
	f.requireKnown(t, source, keyID)
	f.requireSecrets(t, source, keyID, a)
	require.NoError(t, source.Ready(background))
}

// requireKnown waits until a source can tell of a key.
func (f *fixture) requireKnown(t testing.TB, source *vaultkeys.Source, id string) {
	t.Helper()
	eventually(t, func() bool { _, err := source.Key(background, id); return err == nil },
		func() string { return "Vault is back, and the key is not" })
}

// One record that may not be read becomes stale by itself, and no other.
func TestRecordThatMayNotBeReadIsStaleByItself(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	other := "ck_live_0000000000000000"
	a := newSecret()
	f.put(t, keyID, a)
	f.put(t, other, f.secretOf(other))
	var refused atomic.Bool
	refuse := respond(http.StatusForbidden, `{"errors":["permission denied"]}`)
	p.interceptPath("/v1/secret/metadata/"+f.prefix+"/"+keyID, func(w http.ResponseWriter, req *http.Request) bool {
		if refused.Load() {
			refuse(w, req)
		}
		return refused.Load()
	})
	source := f.open(t, p.use, func(o *vaultkeys.Options) { o.MaxStale, o.Timeout = 500*time.Millisecond, time.Second })
	f.requireSecrets(t, source, keyID, a)
	refused.Store(true)
	eventually(t, func() bool { _, err := source.Key(background, keyID); return errors.Is(err, vaultkeys.ErrStale) },
		func() string { return "the record does not become stale" })
	f.requireSecrets(t, source, other, f.secretOf(other))
	require.Equal(t, 1, strings.Count(f.log.String(), "a key cannot be read"))
	require.NotContains(t, f.log.String(), "Vault answers again", "another key was read")
	refused.Store(false)
	f.requireKnown(t, source, keyID)
	eventually(t, func() bool {
		_, _ = source.Key(background, keyID) // what nobody uses is not read again, and tells of no end
		return strings.Contains(f.log.String(), "Vault answers again")
	}, func() string { return "the end is not told" })
}

// A first listing that fails for a reason that passes is tried again soon.
func TestFirstListingIsTriedAgain(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, f.secretOf(keyID))
	var asked atomic.Int64
	fail := respond(http.StatusInternalServerError, `{"errors":["internal error"]}`)
	p.interceptPath("/v1/secret/metadata/"+f.prefix, func(w http.ResponseWriter, req *http.Request) bool {
		first := asked.Add(1) == 1
		if first {
			fail(w, req)
		}
		return first
	})
	began := time.Now()
	source := f.open(t, p.use, func(o *vaultkeys.Options) { o.Refresh = 10 * time.Second })
	require.Error(t, source.Ready(background))
	f.requireKnown(t, source, keyID)
	require.Less(t, time.Since(began), 5*time.Second)
}

// A token is looked up once when many reads are denied again and again, and not for each.
func TestDenialsDoNotHammerVault(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, f.secretOf(keyID))
	var denials atomic.Int64
	var denied atomic.Bool
	deny := respond(http.StatusForbidden, `{"errors":["permission denied"]}`)
	p.interceptPath("/v1/secret/metadata/"+f.prefix+"/"+keyID, func(w http.ResponseWriter, req *http.Request) bool {
		if denied.Load() {
			denials.Add(1)
			deny(w, req)
		}
		return denied.Load()
	})
	source := f.open(t, p.use)
	requireKey(t, source, keyID)
	lookups := p.count("token")
	denied.Store(true)
	began := time.Now()
	use := func() { _, _ = source.Key(background, keyID) } // or it is forgotten, and read no more
	eventually(t, func() bool { use(); return denials.Load() >= 10 }, func() string { return "no refresh" })
	require.Greater(t, time.Since(began), time.Second, "what fails is asked for more often than what does not")
	require.Equal(t, 1, p.count("token")-lookups)
	f.clock.Advance(time.Minute)
	eventually(t, func() bool { use(); return p.count("token")-lookups == 2 }, func() string { return "it is not looked up again" })
}

// While the first reading of a key hangs, one request waits for it, and those that follow do not.
func TestRequestsWaitOnceForAReadingThatHangs(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, f.secretOf(keyID))
	source := f.open(t, p.use, func(o *vaultkeys.Options) { o.Wait, o.Refresh = quick, time.Hour })
	p.intercept(hang)
	refused := func() time.Duration {
		began := time.Now()
		_, err := source.Key(background, keyID)
		require.Error(t, err)
		require.NotErrorIs(t, err, server.ErrUnknownKey)
		return time.Since(began)
	}
	require.GreaterOrEqual(t, refused(), quick)
	began := time.Now()
	for range 1000 {
		refused()
	}
	require.Less(t, time.Since(began), quick)
}

// Nothing of a source runs after Close, also while Vault hangs.
func TestCloseDoesNotWaitForVault(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, newSecret())
	source, err := vaultkeys.Open(background, f.options(p.use, func(o *vaultkeys.Options) { o.Timeout = time.Hour }))
	require.NoError(t, err)
	f.requireKnown(t, source, keyID)
	before := p.count("list")
	p.intercept(hang)
	eventually(t, func() bool { return p.count("list") > before }, func() string { return "no refresh" })
	began := time.Now()
	require.NoError(t, source.Close())
	require.NoError(t, source.Close())
	require.Less(t, time.Since(began), 5*time.Second)
	_, err = source.Key(background, keyID)
	require.NoError(t, err, "what is in memory can still be asked for")
}

func TestOpenEndsWithItsContext(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	p.intercept(hang)
	ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	_, err := vaultkeys.Open(ctx, f.options(p.use, func(o *vaultkeys.Options) { o.Timeout = time.Hour }))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNothingRunsAfterClose(t *testing.T) {
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	var before int
	for i := range 4 {
		source, err := vaultkeys.Open(background, f.options(withAuth(vaultkeys.Auth{Token: f.token(t, nil)})))
		require.NoError(t, err)
		requireKey(t, source, keyID)
		require.NoError(t, source.Close())
		if i == 0 {
			before = runtime.NumGoroutine()
		}
	}
	// Connections that were closed take the other side a moment.
	eventually(t, func() bool { return runtime.NumGoroutine() <= before }, func() string {
		stacks := make([]byte, 1<<20)
		return string(stacks[:runtime.Stack(stacks, true)])
	})
}

// Lookups are on the path of every request.
func TestLookupsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	source := f.open(t, func(o *vaultkeys.Options) { o.Refresh = time.Minute })
	requireKey(t, source, keyID)
	for _, id := range []string{keyID, "ck_live_nobody"} {
		require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = source.Key(background, id) }), id)
	}
}

func TestZeroSourceCannotTell(t *testing.T) {
	var source vaultkeys.Source
	_, err := source.Key(background, keyID)
	require.Error(t, err)
	require.NotErrorIs(t, err, server.ErrUnknownKey)
	require.Error(t, source.Ready(background))
	require.Error(t, source.Status().LoginError)
	require.NoError(t, source.Close())
}
