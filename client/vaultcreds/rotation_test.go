package vaultcreds_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

func TestNewSecretSignsOnceItHasSettled(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_settles000000000")
	s.put('a')
	s.advance(time.Hour)
	source := s.open(nil)
	signed := client.NewSigner(source, target).Transport(nil)
	s.accept("a")
	assert.Equal(t, http.StatusOK, s.call(signed))

	s.put('b')
	s.reads(source, 2)
	s.signsWith(source, 'a')
	assert.Equal(t, http.StatusOK, s.call(signed), "the verifier has not read the change")
	s.accept("ba")
	assert.Equal(t, http.StatusOK, s.call(signed))
	s.advance(59 * time.Second)
	s.readsAgain(source)
	s.signsWith(source, 'a')
	s.advance(time.Second)
	s.comesToSign(source, 'b')
	assert.Equal(t, http.StatusOK, s.call(signed))
}

// TestFastRotationsKeepTheClientAtMostTwoBehind: a key has at most four active secrets.
func TestFastRotationsKeepTheClientAtMostTwoBehind(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_fast000000000000")
	s.put('a')
	s.advance(time.Hour)
	source := s.open(nil)
	for i, expected := range []byte("aabc") {
		s.put('b' + byte(i))
		s.reads(source, i+2)
		s.signsWith(source, expected)
	}
	s.advance(time.Minute)
	s.comesToSign(source, 'e')
}

func TestEditWithTheSameSecretChangesNothing(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_edited0000000000")
	s.put('a')
	s.advance(time.Hour)
	source := s.open(nil)
	before, err := source.Credentials(t.Context())
	require.NoError(t, err)
	s.put('a', "sign_content")
	s.reads(source, 2)
	after, err := source.Credentials(t.Context())
	require.NoError(t, err)
	assert.True(t, before == after, "the same value: it holds what was derived from it")
}

func TestRevokedPreviousSecretIsLeftAtOnce(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_revoked000000000")
	s.put('a')
	s.advance(time.Hour)
	source := s.open(nil)
	s.put('b', "revoke_previous")
	s.reads(source, 2)
	s.signsWith(source, 'b')
	s.put('c')
	s.reads(source, 3)
	s.signsWith(source, 'b')
	s.put('c', "revoke_previous=true") // an edit may say so as well, in the vault command's way
	s.reads(source, 4)
	s.signsWith(source, 'c')
}

// TestClientThatStartsAfterARotationSignsWithTheSecretBefore, which every verifier knows.
func TestClientThatStartsAfterARotationSignsWithTheSecretBefore(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_started000000000")
	s.put('a')
	s.put('b')
	s.put('b', "sign_content")
	s.set(time.Now())
	source := s.open(nil)
	s.signsWith(source, 'a')
	s.advance(time.Minute)
	s.comesToSign(source, 'b')

	s.signsWith(s.open(nil), 'b') // much later
	s.set(time.Now())
	s.put('c', "revoke_previous")
	s.signsWith(s.open(nil), 'c')
}

func TestRefusedSecretIsReplacedAtOnce(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_refused000000000")
	s.put('a')
	s.advance(time.Hour)
	source := s.open(func(o *vaultcreds.Options) { o.Refresh = time.Hour })
	signed := client.NewSigner(source, target).Transport(nil)
	s.put('b', "revoke_previous")
	s.accept("b")
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() { assert.Equal(t, http.StatusOK, s.call(signed)) })
	}
	callers.Wait()
	s.signsWith(source, 'b')
	assert.LessOrEqual(t, s.asked.Load(), int32(4))
}

func TestWrongSecretDoesNotHammerVault(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_wrong00000000000")
	s.put('a')
	s.advance(time.Hour)
	signed := client.NewSigner(s.open(func(o *vaultcreds.Options) { o.Refresh = time.Hour }), target).Transport(nil)
	s.accept("z")
	began := time.Now()
	for range 200 {
		require.Equal(t, http.StatusUnauthorized, s.call(signed))
	}
	assert.LessOrEqual(t, int(s.asked.Load()), 1+3+1+int(time.Since(began)/(5*time.Second)))
}
