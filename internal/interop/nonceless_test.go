package interop

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// plain are two requests, one of each mode, that have a nonce only if one is given.
func plain(nonce string) []request {
	header := request{Method: "POST", Target: "/orders/a%20b?b=2&a=1", Header: [][2]string{{"Content-Type", "application/json"}}, Body: []byte("{}"), nonce: nonce}
	presigned := request{Method: "GET", Target: "/orders?b=2&a=1&X-Amz-Expires=300", Header: [][2]string{}, Presign: true, Expires: 300, nonce: nonce}
	if nonce != "" {
		header.Header = append(header.Header, [2]string{"X-Amz-Nonce", nonce + "-header"})
		presigned.Target += "&X-Amz-Nonce=" + nonce + "-presigned"
	}
	return []request{header, presigned}
}

// outcome signs and sends requests, and returns the reasons for which each was refused, "" where it
// was accepted.
func outcome(t *testing.T, a *api, s *session, requests []request) (reasons []canonical.Reason) {
	t.Helper()
	for i, signed := range s.sign(requests) {
		require.Empty(t, signed.Error, "request %d", i)
	}
	return sent(t, a, s, len(requests))
}

// sent sends the first count requests that were signed.
func sent(t *testing.T, a *api, s *session, count int) (reasons []canonical.Reason) {
	t.Helper()
	indexes := make([]int, count)
	for i := range indexes {
		indexes[i] = i
	}
	for _, reply := range s.send(indexes) {
		require.Empty(t, reply.Error)
		decision, decided, _, delivered := a.seen(reply.Answer.RequestID)
		require.True(t, decided)
		assert.Equal(t, decision.Reason == "", delivered)
		assert.Equal(t, decision.Reason == "", reply.Answer.Status == http.StatusOK)
		reasons = append(reasons, decision.Reason)
	}
	return reasons
}

func TestSignaturesStandForTheNoncesOfSignersThatAddNone(t *testing.T) {
	for _, signer := range signers {
		t.Run(signer, func(t *testing.T) {
			a := start(t, server.Policy{})
			s := open(t, signer, a, credentials{legacyKeyID, legacySecret})
			assert.Equal(t, []canonical.Reason{"", ""}, outcome(t, a, s, plain("")))
			assert.Equal(t, []canonical.Reason{canonical.Replayed, canonical.Replayed}, sent(t, a, s, 2))
			delivered, claimed := a.counts()
			assert.Equal(t, 2, delivered)
			assert.Equal(t, 2, claimed)
		})
	}
}

func TestOtherKeysNeedANonce(t *testing.T) {
	for _, signer := range signers {
		t.Run(signer, func(t *testing.T) {
			a := start(t, server.Policy{})
			s := open(t, signer, a, ordinary)
			assert.Equal(t, []canonical.Reason{canonical.MissingHeader, canonical.MissingHeader}, outcome(t, a, s, plain("")))
			delivered, claimed := a.counts()
			assert.Zero(t, delivered+claimed)
		})
	}
}

func TestAnotherSecretIsRefused(t *testing.T) {
	for _, signer := range signers {
		t.Run(signer, func(t *testing.T) {
			a := start(t, server.Policy{})
			s := open(t, signer, a, credentials{keyID, secret + "x"})
			assert.Equal(t, []canonical.Reason{canonical.SignatureMismatch, canonical.SignatureMismatch}, outcome(t, a, s, plain("0123456789abcdef")))
			delivered, claimed := a.counts()
			assert.Zero(t, delivered+claimed)
		})
	}
}
