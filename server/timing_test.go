package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// grossGap is how far apart the medians of two kinds of requests may lie.
const grossGap = 10 * time.Microsecond

// timingRequests returns how many requests of each kind are timed: 100,000 with COUNTERSIGN_LONG.
func timingRequests() int {
	if os.Getenv("COUNTERSIGN_LONG") != "" {
		return 100_000
	}
	return 1000
}

// timedKind is a kind of request that a verifier refuses.
type timedKind struct {
	name string
	raw  []byte
}

// timedPairs are what an attacker would compare: who does not hold the secret must not tell from the
// time whether a key exists, or how much of a guessed signature is right. That a signature is right the
// answer says anyway, and it costs less: the search ends at the match, and nothing stands in for the
// secrets that a key does not have.
var timedPairs = []struct {
	a, b string
	told bool // by the answer: reported alone
}{
	{"known key", "unknown key", false},
	{"known key", "disabled key", false},
	{"first byte wrong", "last byte wrong", false},
	{"known key", "last byte wrong", false},
	{"right, a replay", "last byte wrong", true},
}

// TestRefusalsTakeTheSameTime times requests with known and unknown keys, right and wrong MACs, in turn,
// and reports how far apart they are. Only gross gaps fail: the machine has other things to do.
func TestRefusalsTakeTheSameTime(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own cost drowns the differences")
	}
	requests := timingRequests()
	forms := []struct {
		name   string
		change func(*signing)
	}{
		{"get", asIs},
		{"as sent", func(s *signing) { s.target = "/v1/x:y?b=2&a=1" }},
		{"body", func(s *signing) { s.method, s.body = "POST", strings.Repeat("x", 1<<10) }},
		{"presigned", func(s *signing) { s.expires = 60 }},
	}
	for _, secrets := range []int{1, 2, server.MaxActiveSecrets} {
		for _, form := range forms {
			name := fmt.Sprintf("%s, %d secrets", form.name, secrets)
			keys, signers := timedKeys(secrets)
			requireSameTime(t, name, keys, signers, form.change, requests)
		}
	}
	for _, secrets := range []int{1, server.MaxActiveSecrets} {
		keys, signers := timedFileKeys(t, secrets)
		requireSameTime(t, fmt.Sprintf("get, %d secrets, key file", secrets), keys, signers, asIs, requests)
	}
}

// timedSigners are who sign: the oldest secret of a known key, a disabled one, and keys alike that
// are unknown.
type timedSigners struct{ known, disabled, unknown signing }

func timedKeys(secrets int) (server.KeySource, timedSigners) {
	known, disabled := newKey(), newKey()
	disabled.ID, disabled.Disabled = "ck_live_0000000000000000", true
	for _, key := range []*server.Key{known, disabled} {
		for i := 1; i < secrets; i++ {
			newer := canonical.NewSecret(fmt.Sprintf("%s-%s-%d", testSecret, key.ID, i))
			key.Secrets = append([]server.KeySecret{{Secret: newer}}, key.Secrets...)
		}
	}
	s := timedSigners{newSigning(), newSigning(), newSigning()}
	s.disabled.keyID, s.unknown.keyID = disabled.ID, "ck_live_fedcba9876543210"
	return server.NewStaticKeys(known, disabled), s
}

func timedFileKeys(t *testing.T, secrets int) (server.KeySource, timedSigners) {
	var records []filekeys.Record
	s := timedSigners{newSigning(), newSigning(), newSigning()}
	for _, each := range []*signing{&s.known, &s.disabled, &s.unknown} {
		record, err := filekeys.NewRecord("live", noon)
		require.NoError(t, err)
		for range secrets - 1 {
			record.Secrets = append(record.Secrets, filekeys.Secret{Secret: filekeys.NewSecret("live"), CreatedAt: noon})
		}
		record.Disabled = each == &s.disabled
		each.keyID, each.secret = record.ID, record.Secrets[secrets-1].Secret.Reveal()
		if each != &s.unknown {
			records = append(records, record)
		}
	}
	path := filepath.Join(t.TempDir(), "keys.yaml")
	_, err := filekeys.Edit(t.Context(), path, filekeys.EditOptions{Create: true},
		func([]filekeys.Record) ([]filekeys.Record, error) { return records, nil })
	require.NoError(t, err)
	source, err := filekeys.Open(path, filekeys.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, source.Close()) })
	return source, s
}

// requireSameTime measures up to three times, since the machine has other things to do.
func requireSameTime(t *testing.T, name string, keys server.KeySource, signers timedSigners, change func(*signing), requests int) {
	t.Helper()
	for try := 1; ; try++ {
		report, gross := measureGaps(t, name, keys, signers, change, requests)
		if gross == "" || try == 3 {
			t.Log(report)
			require.Empty(t, gross, "medians lie more than %s apart, three times", grossGap)
			return
		}
	}
}

// measureGaps compares all pairs, and returns a table and the pairs that are too far apart.
func measureGaps(t *testing.T, name string, keys server.KeySource, signers timedSigners, change func(*signing), requests int) (report, gross string) {
	t.Helper()
	u := newSetup(t, func(u *setup) { u.keys, u.policy.Observe = keys, nil })
	for _, s := range []*signing{&signers.known, &signers.disabled, &signers.unknown} {
		change(s)
		require.Len(t, s.keyID, len(signers.known.keyID))
		s.nonce = fmt.Sprintf("nonce-of-the-tests-%08d", nonceCount.Add(1))
	}
	wrong := signers.known
	wrong.secret += "-another"
	raw := signers.known.raw()
	_, err := u.Verify(readRequest(t, raw))
	require.NoError(t, err)
	times := timeKinds(t, u, []timedKind{
		{"right, a replay", raw}, {"known key", wrong.raw()}, {"unknown key", signers.unknown.raw()}, {"disabled key", signers.disabled.raw()},
		{"first byte wrong", otherSignature(t, raw, signers.known.signature(), 0)},
		{"last byte wrong", otherSignature(t, raw, signers.known.signature(), 62)},
	}, requests)
	report = fmt.Sprintf("\n%-30s %-36s %9s %9s %9s %8s %8s", "", "", "median", "median", "gap", "Welch t", "t < p90")
	for _, pair := range timedPairs {
		a, b := times[pair.a], times[pair.b]
		gap := median(a) - median(b)
		report += fmt.Sprintf("\n%-30s %-36s %9s %9s %9s %8.1f %8.1f",
			name, pair.a+" : "+pair.b, median(a), median(b), gap, welch(a, b), welch(below(a, b), below(b, a)))
		if gap.Abs() > grossGap && !pair.told {
			gross += pair.a + " : " + pair.b + "; "
		}
	}
	return report, gross
}

// TestGrossGapsAreSeen: a source that is slower for keys that exist gives them away.
func TestGrossGapsAreSeen(t *testing.T) {
	keys, signers := timedKeys(1)
	slow := keySourceFunc(func(ctx context.Context, id string) (*server.Key, error) {
		key, err := keys.Key(ctx, id)
		for start := time.Now(); err == nil && time.Since(start) < 3*grossGap; {
			// A sleep would be longer.
		}
		return key, err
	})
	_, gross := measureGaps(t, "", slow, signers, asIs, 200)
	require.Equal(t, "known key : unknown key; ", gross)
}

// otherSignature returns a request with another byte in its signature, whose hex digits begin at.
func otherSignature(t *testing.T, raw []byte, signature string, at int) []byte {
	digits := []byte(signature)
	digits[at] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", digits[at])+1)%16]
	text := string(raw)
	require.Equal(t, 1, strings.Count(text, signature))
	return []byte(strings.Replace(text, signature, string(digits), 1))
}

// timeKinds refuses requests of all kinds in turn, in an order that is another one each time, and
// returns how long each took.
func timeKinds(t *testing.T, u *setup, kinds []timedKind, requests int) map[string][]time.Duration {
	times := make(map[string][]time.Duration)
	for _, kind := range kinds {
		times[kind.name] = make([]time.Duration, 0, requests)
	}
	kinds = slices.Clone(kinds)
	runtime.GC()
	for range requests {
		rand.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		for _, kind := range kinds {
			req := readRequest(t, kind.raw)
			start := time.Now()
			_, err := u.Verify(req)
			times[kind.name] = append(times[kind.name], time.Since(start))
			if err == nil {
				t.Fatal("accepted")
			}
		}
	}
	for _, each := range times {
		slices.Sort(each)
	}
	return times
}
