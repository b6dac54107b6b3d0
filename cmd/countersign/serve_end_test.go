package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// TestStoreTellsHowTheServiceEnded: a terminated service closes its store, a killed one cannot.
func TestStoreTellsHowTheServiceEnded(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for claims, end := range []func(s *countersigntest.Service){
		func(s *countersigntest.Service) { assert.Equal(t, exitDone, s.Stop(), s.Log()) },
		(*countersigntest.Service).Kill,
		func(s *countersigntest.Service) { assert.Equal(t, exitDone, s.Stop(), s.Log()) },
	} {
		s := countersigntest.StartDev(t, "--data", data)
		req := newRequest(t, s, "/whoami")
		require.NoError(t, devSigner(t, s).Sign(req))
		answer, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode)
		end(s)
		info := readStoreInfo(t, filepath.Join(data, "claims"))
		assert.Equal(t, claims != 1, info.Clean)
		assert.EqualValues(t, claims+1, info.Claims)
	}
}

// TestDevRemovesItsOwnData: what it was not told to keep is gone when it ends.
func TestDevRemovesItsOwnData(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	s := countersigntest.StartDev(t, "--data=")
	kept, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Len(t, kept, 1)
	require.Equal(t, exitDone, s.Stop(), s.Log())
	kept, err = os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, kept)
}
