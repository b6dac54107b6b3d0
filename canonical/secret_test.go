package canonical_test

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

var testScope = canonical.Scope{Date: "20261120", Region: "live", Service: "orders"}

type holder struct {
	Secret  canonical.Secret
	Pointer *canonical.Secret
	hidden  canonical.Secret
	Key     canonical.SigningKey
}

// recorder is a test that keeps what its failures print.
type recorder struct{ strings.Builder }

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }

// TestSecretNeverPrints writes a secret, and structs that hold one, in every way that a program may
// by accident.
func TestSecretNeverPrints(t *testing.T) {
	secret := canonical.NewSecret(testSecret)
	key := secret.SigningKey(canonical.CS4, testScope)
	key.Sum([]byte("used"))
	derived := refKeys(cs4Scope, testSecret)
	held := holder{Secret: secret, Pointer: &secret, hidden: secret, Key: key}
	for _, value := range []any{secret, &secret, held, &held, key, &key, []canonical.Secret{secret}, map[string]canonical.Secret{"a": secret}} {
		var printed []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%U", "%08.3f"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
		printed = append(printed, fmt.Sprint(value), fmt.Sprintln(value), fmt.Errorf("wrapped: %v", value).Error())
		// A failed comparison in a test prints values by reflection, pointers and all.
		var failure recorder
		assert.Equal(&failure, value, holder{})
		assert.Equal(&failure, holder{Secret: canonical.NewSecret("x")}, held)
		printed = append(printed, failure.String())
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", value, slog.Any("any", value))
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", value, slog.Group("g", "value", value))
		printed = append(printed, log.String())
		if text, err := json.Marshal(value); err == nil {
			printed = append(printed, string(text))
		}
		if text, err := yaml.Marshal(value); err == nil {
			printed = append(printed, string(text))
		}
		if text, err := xml.Marshal(value); err == nil {
			printed = append(printed, string(text))
		}
		var encoded bytes.Buffer
		if err := gob.NewEncoder(&encoded).Encode(value); err == nil {
			printed = append(printed, encoded.String())
		}
		for _, text := range printed {
			assertHidden(t, text, testSecret)
			for _, key := range derived {
				assertHidden(t, text, string(key))
			}
		}
	}
}

// assertHidden fails if text holds a good part of a secret, plain or in hex or as numbers.
func assertHidden(t *testing.T, text, secret string) {
	t.Helper()
	part := secret[8:20]
	for _, form := range []string{part, fmt.Sprintf("%x", part), fmt.Sprintf("%X", part), strings.Trim(fmt.Sprint([]byte(part)), "[]"), fmt.Sprintf("%#v", []byte(part))[7:30]} {
		assert.NotContains(t, text, form)
	}
}

func TestSecretSaysThatItIsRedacted(t *testing.T) {
	secret := canonical.NewSecret(testSecret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[redacted]", fmt.Sprintf(verb, secret), verb)
	}
	text, err := json.Marshal(map[string]any{"secret": secret})
	require.NoError(t, err)
	assert.JSONEq(t, `{"secret":"[redacted]"}`, string(text))
	text, err = yaml.Marshal(map[string]any{"secret": secret})
	require.NoError(t, err)
	assert.Contains(t, string(text), "[redacted]")
	for _, marshal := range []func() ([]byte, error){encoding.TextMarshaler(secret).MarshalText, encoding.BinaryMarshaler(secret).MarshalBinary} {
		text, err := marshal()
		require.NoError(t, err)
		assert.Equal(t, "[redacted]", string(text))
	}
	assert.Equal(t, "[redacted]", secret.String())
	assert.Equal(t, "[redacted]", secret.GoString())
	assert.Equal(t, "[redacted]", secret.LogValue().String())
	text, err = secret.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `"[redacted]"`, string(text))
	key := secret.SigningKey(canonical.CS4, testScope)
	assert.Equal(t, "[redacted]", fmt.Sprint(key))
	assert.Equal(t, "[redacted]", fmt.Sprintf("%#v", key))
}

func TestSecretRevealsItsTextWhenAsked(t *testing.T) {
	secret := canonical.NewSecret(testSecret)
	assert.False(t, secret.IsZero())
	assert.Equal(t, testSecret, secret.Reveal())
	assert.True(t, secret.Equal(canonical.NewSecret(testSecret)))
	assert.False(t, secret.Equal(canonical.NewSecret(testSecret+"x")))
	assert.False(t, secret.Equal(canonical.Secret{}))
}

// A secret that was never set must not verify what anyone could sign with an empty one.
func TestZeroSecretSignsNothingThatVerifies(t *testing.T) {
	known := refHMAC(refKeys(cs4Scope, "")[3], "message")
	for _, secret := range []canonical.Secret{{}, canonical.NewSecret("")} {
		assert.True(t, secret.IsZero())
		assert.Empty(t, secret.Reveal())
		key := secret.SigningKey(canonical.CS4, testScope)
		one, two := key.Sum([]byte("message")), key.Sum([]byte("message"))
		assert.NotEqual(t, known, one[:])
		assert.NotEqual(t, one, two)
		served := canonical.NewServerTime(key, canonical.CS4, emptyHash, time.Now(), time.Now())
		assert.False(t, served.Verify(key, canonical.CS4, emptyHash))
	}
}

func TestSigningKeyIsTheChainOfTheSpecification(t *testing.T) {
	for _, text := range []string{testSecret, "x", strings.Repeat("long", 100)} {
		for _, scope := range []referenceScope{cs4Scope, aws4Scope, {"AWS4-HMAC-SHA256", "AWS4", "aws4_request", "20000229", "eu-1", "a"}} {
			dialect := map[string]canonical.Dialect{"CS4": canonical.CS4, "AWS4": canonical.AWS4}[scope.prefix]
			key := canonical.NewSecret(text).SigningKey(dialect, canonical.Scope{Date: scope.day, Region: scope.region, Service: scope.service})
			for range 2 {
				sum := key.Sum([]byte("message"))
				assert.Equal(t, refHMAC(refKeys(scope, text)[3], "message"), sum[:])
			}
		}
	}
}

// sums returns the signing key's answers for many scopes, and the reference's.
func sums(secret canonical.Secret, day int) (got, want string) {
	scope := cs4Scope
	scope.day = fmt.Sprintf("202611%02d", day)
	key := secret.SigningKey(canonical.CS4, canonical.Scope{Date: scope.day, Region: scope.region, Service: scope.service})
	sum := key.Sum([]byte("m"))
	return string(sum[:]), string(refHMAC(refKeys(scope, secret.Reveal())[3], "m"))
}

// Each derived key stays right however many scopes are asked for, and in whatever order.
func TestMemoNeverAnswersForAnotherScope(t *testing.T) {
	secret, rotated := canonical.NewSecret(testSecret), canonical.NewSecret(testSecret+"x")
	for round := range 40 {
		for _, s := range []canonical.Secret{secret, rotated} {
			got, want := sums(s, 1+round*7%28)
			assert.Equal(t, want, got)
		}
	}
	for range 2 {
		for _, scope := range []referenceScope{cs4Scope, aws4Scope,
			{"CS4-HMAC-SHA256", "CS4", "cs4_request", "20261120", "test", "orders"},
			{"CS4-HMAC-SHA256", "CS4", "cs4_request", "20261120", "live", "users"}} {
			dialect := map[string]canonical.Dialect{"CS4": canonical.CS4, "AWS4": canonical.AWS4}[scope.prefix]
			sum := secret.SigningKey(dialect, canonical.Scope{Date: scope.day, Region: scope.region, Service: scope.service}).Sum([]byte("m"))
			assert.Equal(t, refHMAC(refKeys(scope, testSecret)[3], "m"), sum[:], "%+v", scope)
		}
	}
}

func TestMemoIsSafeForConcurrentUse(t *testing.T) {
	secret := canonical.NewSecret(testSecret)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 200 {
				if got, want := sums(secret, 1+(worker+i)%9); got != want {
					t.Error("a wrong key")
					return
				}
			}
		})
	}
	group.Wait()
}

// The memo is bounded, and holds on to nothing of the headers that the scope was cut from.
func TestMemoIsBounded(t *testing.T) {
	secret := canonical.NewSecret(testSecret)
	scope := func(i int) canonical.Scope {
		return canonical.Scope{Date: "20261120", Region: "live", Service: fmt.Sprintf("s%09d-%s", i, strings.Repeat("x", 40))}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 50 {
		header := scope(i).Service + strings.Repeat("y", 4<<20)
		secret.SigningKey(canonical.CS4, canonical.Scope{Date: "20261120", Region: "live", Service: header[:51]})
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(1<<20))
	runtime.KeepAlive(secret)
}

func BenchmarkSigningKeyMemoised(b *testing.B) {
	secret := canonical.NewSecret(testSecret)
	b.ReportAllocs()
	for b.Loop() {
		secret.SigningKey(canonical.CS4, testScope)
	}
}
