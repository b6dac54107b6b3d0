package server_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/testvectors"
)

// FuzzVerify feeds raw requests to a verifier with the vectors' keys. Whatever comes, it must not
// panic, must answer a refusal from the closed list and claim nothing for it; what it accepts has a
// key, and a body that can be read.
func FuzzVerify(f *testing.F) {
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(f, err)
	for _, c := range set.Cases {
		if len(c.Raw) < 4<<10 {
			f.Add(c.Raw)
		}
	}
	now := set.Cases[0].Time
	keys := vectorKeys(f, set.Verifier)
	reasons := testvectors.Reasons()
	f.Fuzz(func(t *testing.T, raw []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		req.RemoteAddr = "127.0.0.1:49152"
		store := new(openStore)
		var decision server.Decision
		v, err := server.NewVerifier(keys, store, server.Policy{
			Region: set.Verifier.Region, Service: set.Verifier.Service,
			Now:     func() time.Time { return now },
			Observe: func(_ context.Context, d server.Decision) { decision = d },
		})
		require.NoError(t, err)
		id, err := v.Verify(req)
		if err != nil {
			var rejection *server.Rejection
			require.True(t, errors.As(err, &rejection))
			require.Nil(t, id)
			require.Zero(t, store.granted)
			require.True(t, slices.Contains(reasons, string(rejection.Reason)), rejection.Reason)
			require.Equal(t, rejection.Reason, decision.Reason)
			require.GreaterOrEqual(t, rejection.Status(), 400)
			return
		}
		require.Equal(t, 1, store.granted)
		require.Empty(t, decision.Reason)
		require.Contains(t, keys, id.KeyID)
		require.Empty(t, req.Trailer)
		if req.Body != nil {
			_, err := io.ReadAll(req.Body)
			require.NoError(t, err)
		}
	})
}

// vectorKeys returns the keys that may sign in both dialects, with their newest secret.
func vectorKeys(f *testing.F, settings *testvectors.Verifier) server.StaticKeys {
	keys := server.StaticKeys{}
	for _, key := range settings.Keys {
		secret, _, native, err := canonical.ParseSecret(key.Secrets[0].Secret)
		require.NoError(f, err)
		require.True(f, native)
		keys[key.ID] = &server.Key{
			ID: key.ID, Environment: key.Environment, Dialects: canonical.Dialects(), UnsignedPayload: key.UnsignedPayload,
			SignatureNonce: key.SignatureNonce, Secrets: []server.KeySecret{{Secret: secret}},
		}
	}
	return keys
}
