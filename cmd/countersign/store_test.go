package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

// newStore makes a store with one claim in it.
func newStore(t *testing.T) (path string, open *badgerstore.Store) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "claims")
	store, err := badgerstore.Open(t.Context(), path, badgerstore.Options{Initial: nonce.New, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	now := time.Now()
	require.NoError(t, store.Claim(t.Context(), nonce.NewID("ck", "0123456789abcdef"), now, now.Add(302*time.Second)))
	return path, store
}

func TestStoreInfoDescribesAStoppedStore(t *testing.T) {
	path, store := newStore(t)
	require.NoError(t, store.Close())
	out, notes, code := invoke(t, "", "store", "info", path)
	assert.Equal(t, exitDone, code, notes)
	for _, line := range []string{"path        " + path, "durability  os", "closed      yes", "claims      1 at the last write"} {
		assert.Contains(t, out, line)
	}
	out, _, code = invoke(t, "", "store", "info", "--json", path)
	assert.Equal(t, exitDone, code)
	var info map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &info))
	assert.Equal(t, "os", info["durability"])
	assert.Equal(t, true, info["clean"])
	assert.EqualValues(t, 1, info["claims"])
	assert.Contains(t, info, "ceiling")
}

func TestStoreRaiseFloorRefusesWhatWasSignedBefore(t *testing.T) {
	path, store := newStore(t)
	require.NoError(t, store.Close())
	before := time.Now()
	out, notes, code := invoke(t, "", "store", "raise-floor", path)
	assert.Equal(t, exitDone, code, notes)
	assert.Contains(t, out, "the floor of "+path+" is ")
	assert.Contains(t, out, "requests are refused for the next 5m0s")
	info, err := badgerstore.ReadInfo(path)
	require.NoError(t, err)
	assert.WithinDuration(t, before.Add(300*time.Second), info.Floor, 10*time.Second)

	out, _, code = invoke(t, "", "store", "raise-floor", "--to", "2026-01-01T00:00:00Z", path)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "where it stood already")
	unchanged, err := badgerstore.ReadInfo(path)
	require.NoError(t, err)
	assert.Equal(t, info.Floor, unchanged.Floor, "the floor is never lowered")

	reopened, err := badgerstore.Open(t.Context(), path, badgerstore.Options{Initial: nonce.New, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer reopened.Close()
	now := time.Now()
	err = reopened.Claim(t.Context(), nonce.NewID("ck", "another-nonce-of-it"), now, now.Add(302*time.Second))
	assert.ErrorIs(t, err, nonce.ErrTooOld)
}

func TestStoreCommandsRefuseInOneLine(t *testing.T) {
	inUse, store := newStore(t)
	defer store.Close()
	none := t.TempDir()
	tests := []struct {
		name, path string
		code       int
		says       string
	}{
		{"in use", inUse, exitFailed, "is in use by a running countersign: stop that first"},
		{"no store", none, exitFailed, "there is no nonce store in " + none},
		{"no directory", filepath.Join(none, "nowhere"), exitFailed, "there is no nonce store in"},
	}
	for _, command := range []string{"info", "raise-floor"} {
		for _, test := range tests {
			t.Run(command+"/"+test.name, func(t *testing.T) {
				out, notes, code := invoke(t, "", "store", command, test.path)
				assert.Equal(t, test.code, code)
				assert.Empty(t, out)
				assert.Contains(t, notes, test.says)
				assert.Equal(t, 1, strings.Count(notes, "\n"), notes)
			})
		}
	}
	for _, arguments := range [][]string{{"info"}, {"info", "a", "b"}, {"raise-floor"}, {"raise-floor", "--to", "5m", inUse}, {"lower-floor", inUse}} {
		_, _, code := invoke(t, "", append([]string{"store"}, arguments...)...)
		assert.Equal(t, exitUsage, code, arguments)
	}
}

func TestStoreCommandsLeaveADamagedStoreAlone(t *testing.T) {
	path, store := newStore(t)
	require.NoError(t, store.Close())
	state := filepath.Join(path, "state")
	require.NoError(t, os.WriteFile(state, []byte("damaged"), 0o600))
	for _, command := range []string{"info", "raise-floor"} {
		_, notes, code := invoke(t, "", "store", command, path)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, notes, path)
		assert.Equal(t, 1, strings.Count(notes, "\n"), notes)
	}
	text, err := os.ReadFile(state)
	require.NoError(t, err)
	assert.Equal(t, "damaged", string(text))
}

func TestParseInstant(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"now": now, "now+5m": now.Add(5 * time.Minute), "now+300s": now.Add(5 * time.Minute), "now-1h": now.Add(-time.Hour),
		"2026-11-20T10:30:00+01:00": now, "20261120T093000Z": now,
	} {
		got, err := parseInstant(text, now)
		require.NoError(t, err, text)
		assert.True(t, want.Equal(got), text)
	}
	for _, text := range []string{"", "5m", "now5m", "now+", "now+5", "now+-5m", "noon", "2026-11-20", "20261120T093000"} {
		_, err := parseInstant(text, now)
		assert.Error(t, err, text)
	}
}
