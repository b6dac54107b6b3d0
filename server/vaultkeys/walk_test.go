package vaultkeys

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// written is one version as an operator wrote it.
type written struct {
	version
	secret string
	revoke bool
}

// validAt goes forward through versions, as time did, and says until when each secret is valid:
// what walk finds by going back. Both share no code.
func validAt(versions []written, overlap time.Duration, now time.Time) map[string]time.Time {
	type tenure struct {
		secret string
		until  time.Time // zero: no end
	}
	var tenures []tenure // oldest first; the last is the current one
	for _, v := range versions {
		if v.gone(now) {
			tenures = nil // it ends its own secret and all before it
			continue
		}
		if v.revoke {
			tenures = nil
		}
		if n := len(tenures); n == 0 || tenures[n-1].secret != v.secret {
			if n > 0 {
				tenures[n-1].until = v.created.Add(overlap)
			}
			tenures = append(tenures, tenure{secret: v.secret})
		}
	}
	valid := make(map[string]time.Time)
	for i := len(tenures) - 1; i >= 0 && len(valid) < server.MaxActiveSecrets; i-- {
		if _, already := valid[tenures[i].secret]; !already && (tenures[i].until.IsZero() || !now.After(tenures[i].until)) {
			valid[tenures[i].secret] = tenures[i].until
		}
	}
	return valid
}

func TestWalkAgreesWithTheForwardReading(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	secrets := []string{strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 32), strings.Repeat("d", 32),
		strings.Repeat("e", 32), strings.Repeat("f", 32)}
	sizes := map[int]int{}
	for range 20_000 {
		var versions []written
		at, secret := start, 0
		for n := range 1 + random.IntN(12) {
			at = at.Add(time.Duration(random.IntN(600)) * time.Minute)
			if random.IntN(3) > 0 {
				secret = random.IntN(len(secrets))
			}
			w := written{version: version{number: n + 1, created: at}, secret: secrets[secret], revoke: random.IntN(12) == 0}
			switch random.IntN(20) {
			case 0:
				w.destroyed = true
			case 1:
				w.deleted = at.Add(time.Duration(random.IntN(60)) * time.Second)
			}
			versions = append(versions, w)
		}
		versions[len(versions)-1].destroyed, versions[len(versions)-1].deleted = false, time.Time{}
		now := at.Add(time.Duration(random.IntN(1500)) * time.Minute)
		overlap := time.Duration(1+random.IntN(36)) * time.Hour
		dropped := random.IntN(min(len(versions), 3)) // versions that Vault keeps no longer
		expected := validAt(versions[dropped:], overlap, now)

		w := walk{id: "key", overlap: overlap, now: now, full: random.IntN(2) == 0, tell: func(version, error) { t.Fatal("malformed") },
			read: func(_ context.Context, v version) (map[string]any, error) {
				if versions[v.number-1].gone(now) {
					t.Fatal("a version that is gone was read")
				}
				return map[string]any{"secret": versions[v.number-1].secret, "environment": "live", "revoke_previous": versions[v.number-1].revoke}, nil
			}}
		for i := len(versions) - 1; i >= dropped; i-- {
			w.history = append(w.history, versions[i].version)
		}
		record, err := w.record(context.Background())
		require.NoError(t, err)
		got := make(map[string]time.Time)
		for _, secret := range record.Secrets {
			got[secret.Secret.Reveal()] = secret.NotAfter
		}
		require.Equal(t, expected, got, "%+v at %v, overlap %v", versions, now, overlap)
		sizes[len(got)]++
	}
	for size := 1; size <= server.MaxActiveSecrets; size++ {
		require.Greater(t, sizes[size], 100, "hardly any case has %d secrets", size)
	}
}

// A version that vanishes between the two questions makes the reading begin again.
func TestWalkSeesThatAKeyChanged(t *testing.T) {
	w := walk{id: "key", history: history{{number: 1, created: time.Now()}}, now: time.Now(),
		read: func(context.Context, version) (map[string]any, error) { return nil, errGone }}
	_, err := w.record(context.Background())
	require.ErrorIs(t, err, errChanged)
}

func TestFieldsRoundTrip(t *testing.T) {
	data := map[string]any{
		"secret": strings.Repeat("s", 32), "environment": "live", "scopes": "orders:read, orders:write", "dialects": []any{"cs4", "aws4"},
		"expires_at": "2027-06-30T00:00:00Z", "disabled": "true", "sources": "10.0.0.0/8,2001:db8::/32", "rate_tier": "bulk",
		"unsigned_payload": true, "sign_content": "true", "signature_nonce": "true", "revoke_previous": "true",
	}
	fields, err := ParseFields("key", data)
	require.NoError(t, err)
	require.Equal(t, []string{"orders:read", "orders:write"}, fields.Scopes)
	require.True(t, fields.Disabled && fields.UnsignedPayload && fields.SignContent && fields.SignatureNonce && fields.RevokePrevious && fields.Imported())
	require.Len(t, fields.Data(), len(data))
	again, err := ParseFields("key", fields.Data())
	require.NoError(t, err)
	require.True(t, again.Secret.Equal(fields.Secret))
	again.Secret = fields.Secret
	require.Equal(t, fields, again)

	data["dialects"] = "cs4"
	_, err = ParseFields("key", data)
	require.ErrorContains(t, err, "signature_nonce: ")
}

func FuzzParseFields(f *testing.F) {
	var random [32]byte
	f.Add("key", `{"secret":"`+canonical.FormatSecret("live", random)+`","environment":"live","scopes":["a"],"dialects":"cs4","sources":["10.0.0.0/8"]}`)
	f.Add("ck_live_0", `{"secret":"`+strings.Repeat("s", 40)+`","environment":"live","expires_at":"2027-06-30T00:00:00+02:00","disabled":"true","rate_tier":"b"}`)
	f.Add("ck_test_0", `{"secret":null,"environment":1,"revoke_previous":"no"}`)
	f.Fuzz(func(t *testing.T, id, text string) {
		var data map[string]any
		if json.Unmarshal([]byte(text), &data) != nil {
			return
		}
		fields, err := ParseFields(id, data)
		secret, _ := data["secret"].(string)
		if err != nil {
			var field *FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, Fields{}, fields)
			if len(secret) > 12 {
				require.NotContains(t, err.Error(), secret)
			}
			return
		}
		require.Equal(t, secret, fields.Secret.Reveal())
		again, err := ParseFields(id, fields.Data())
		require.NoError(t, err)
		again.Secret = fields.Secret
		require.True(t, again.ExpiresAt.Equal(fields.ExpiresAt))
		again.ExpiresAt = fields.ExpiresAt
		require.Equal(t, fields, again)
	})
}

func FuzzHistory(f *testing.F) {
	f.Add(2, `{"1":{"created_time":"2026-11-20T09:00:00.1Z","deletion_time":"","destroyed":false},"2":{"created_time":"2026-11-20T10:00:00Z","deletion_time":"2026-11-20T11:00:00Z","destroyed":true}}`)
	f.Add(0, `{}`)
	f.Fuzz(func(t *testing.T, current int, text string) {
		var elements map[string]versionElement
		if json.Unmarshal([]byte(text), &elements) != nil {
			return
		}
		h, err := newHistory(current, elements)
		if err != nil {
			require.Nil(t, h)
			require.True(t, errors.Is(err, errGarbage) || errors.Is(err, errGone))
			return
		}
		require.Equal(t, current, h[0].number)
		for i, v := range h[1:] {
			require.Less(t, v.number, h[i].number)
			require.Positive(t, v.number)
		}
		require.True(t, h.equal(h))
	})
}
