package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// hookedBody calls during once, after its first byte.
type hookedBody struct {
	text   string
	during func()
	read   int
}

func (b *hookedBody) Read(p []byte) (int, error) {
	if b.read == 1 && b.during != nil {
		b.during()
		b.during = nil
	}
	if b.read == len(b.text) {
		return 0, io.EOF
	}
	p[0] = b.text[b.read]
	b.read++
	return 1, nil
}

func (*hookedBody) Close() error { return nil }

// post returns a signed request whose body calls during while it is read.
func post(t *testing.T, s signing, during func()) *http.Request {
	req := s.request(t)
	req.Body = &hookedBody{text: s.body, during: during}
	return req
}

// TestOnlyOneCopyOfABodyIsReadAtATime: one signature cannot take the whole budget of buffered bytes.
func TestOnlyOneCopyOfABodyIsReadAtATime(t *testing.T) {
	u := newSetup(t)
	s := newPost("0123456789")
	var second error
	_, err := u.Verify(post(t, s, func() { _, second = u.Verify(s.request(t)) }))
	require.NoError(t, err)
	var rejection *server.Rejection
	require.ErrorAs(t, second, &rejection)
	require.Equal(t, canonical.Replayed, rejection.Reason)
	require.EqualValues(t, 1, u.store.claims.Load())

	// A copy that fails leaves the way free.
	s = newPost("0123456789")
	s.nonce = "another-nonce-of-the-same-key"
	truncated := post(t, s, nil)
	truncated.Body = io.NopCloser(io.MultiReader(io.LimitReader(truncated.Body, 3), failingReader{}))
	_, err = u.Verify(truncated)
	require.ErrorAs(t, err, &rejection)
	require.Equal(t, canonical.BodyTruncated, rejection.Reason)
	_, err = u.Verify(s.request(t))
	require.NoError(t, err)
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// changingKeys answers with whatever record it holds now.
type changingKeys struct{ key *server.Key }

func (k *changingKeys) Key(_ context.Context, id string) (*server.Key, error) {
	if k.key == nil || k.key.ID != id {
		return nil, server.ErrUnknownKey
	}
	return k.key, nil
}

// TestWhatChangesWhileABodyIsReadCounts: a key that was revoked when the body ended is refused, one
// that merely changed is not.
func TestWhatChangesWhileABodyIsReadCounts(t *testing.T) {
	edited := func(edit func(*server.Key)) func(*changingKeys) {
		return func(k *changingKeys) {
			next := *k.key
			next.Secrets = slices.Clone(next.Secrets)
			edit(&next)
			k.key = &next
		}
	}
	other := server.KeySecret{Secret: canonical.NewSecret("another secret of thirty-two bytes and more")}
	for name, test := range map[string]struct {
		change func(*changingKeys)
		want   canonical.Reason
	}{
		"removed":         {func(k *changingKeys) { k.key = nil }, canonical.UnknownKey},
		"disabled":        {edited(func(k *server.Key) { k.Disabled = true }), canonical.KeyDisabled},
		"secret replaced": {edited(func(k *server.Key) { k.Secrets = []server.KeySecret{other} }), canonical.SignatureMismatch},
		"secret rotated":  {edited(func(k *server.Key) { k.Secrets = append([]server.KeySecret{other}, k.Secrets...) }), ""},
		"scopes edited":   {edited(func(k *server.Key) { k.Scopes = []string{"other"} }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			keys := &changingKeys{key: newKey()}
			u := newSetup(t, func(u *setup) { u.keys = keys })
			id, err := u.Verify(post(t, newPost("0123456789"), func() { test.change(keys) }))
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, keys.key.Scopes, slices.Clone(id.Scopes), "the record as it is now")
				return
			}
			var rejection *server.Rejection
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, test.want, rejection.Reason)
			require.Equal(t, canonical.CodeInvalidSignature, rejection.Code())
			require.Zero(t, u.store.claims.Load())
			require.Zero(t, u.decision(t).SecretIndex, "still that of the secret which signed")
		})
	}
}

// TestScopesOfAnIdentityAreItsOwnToAppendTo: the key's record is shared by all requests.
func TestScopesOfAnIdentityAreItsOwnToAppendTo(t *testing.T) {
	u := newSetup(t, func(u *setup) { u.key.Scopes = append(make([]string, 0, 8), "a") })
	id, err := u.Verify(newSigning().request(t))
	require.NoError(t, err)
	_ = append(id.Scopes, "planted")
	require.NotEqual(t, "planted", u.key.Scopes[:2][1])
}

// TestFirstUseOfAKeyTakesTheTimeOfAnUnknownOne: the first failing request that names a key on a date
// derives its signing keys; one that names no key does as much for nothing.
func TestFirstUseOfAKeyTakesTheTimeOfAnUnknownOne(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own cost drowns the difference")
	}
	for range 3 {
		if apart := firstUseGap(t, 1000); apart < 10*time.Microsecond {
			t.Logf("medians %v apart", apart)
			return
		}
	}
	t.Fatal("known and unknown keys are 10 µs apart or more at first use")
}

func firstUseGap(t *testing.T, runs int) time.Duration {
	keys := server.StaticKeys{}
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	defer store.Close()
	v, err := server.NewVerifier(keys, store, server.Policy{Region: "live", Service: "orders", Now: func() time.Time { return noon }})
	require.NoError(t, err)
	var known, unknown []time.Duration
	refuse := func(id string) time.Duration {
		s := newSigning()
		s.keyID, s.secret = id, "wrong"
		req := s.request(t)
		start := time.Now()
		_, err := v.Verify(req)
		took := time.Since(start)
		require.Error(t, err)
		return took
	}
	for i := range runs {
		key := newKey()
		key.ID, key.Secrets = fmt.Sprintf("ck_live_%016d", i), nil
		for j := range server.MaxActiveSecrets {
			key.Secrets = append(key.Secrets, server.KeySecret{Secret: canonical.NewSecret(fmt.Sprintf("secret %d of key %d, long enough", j, i))})
		}
		keys[key.ID] = key
		refuse("ck_live_warms_dummies") // whose signing keys all unknown ids share
		known = append(known, refuse(key.ID))
		unknown = append(unknown, refuse(fmt.Sprintf("ck_liv3_%016d", i)))
	}
	slices.Sort(known)
	slices.Sort(unknown)
	return (known[runs/2] - unknown[runs/2]).Abs()
}
