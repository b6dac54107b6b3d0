package service

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/workload"
)

// TestContestantsCheckWhatTheySeemToCheck: a contestant that let everything through would be fast.
func TestContestantsCheckWhatTheySeemToCheck(t *testing.T) {
	directory := t.TempDir()
	key, err := newKey(t.Context(), filepath.Join(directory, keyFile))
	require.NoError(t, err)
	for name, statuses := range map[string]struct{ bare, again int }{
		Plain:    {http.StatusOK, http.StatusOK},
		JWT:      {http.StatusUnauthorized, http.StatusOK},
		Verifier: {http.StatusUnauthorized, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := newApp(name, directory)
			require.NoError(t, err)
			defer func() { assert.NoError(t, a.close()) }()
			api := httptest.NewServer(a.echo)
			defer api.Close()
			prepare, err := credential(name, key)
			require.NoError(t, err)
			for _, kind := range kinds() {
				bare, err := render(load{api.Listener.Addr().String(), kind, nil, 1, 1})
				require.NoError(t, err)
				proper, err := render(load{api.Listener.Addr().String(), kind, prepare, 2, 1})
				require.NoError(t, err)
				first := proper.wire[:proper.ends[0]]
				assert.Equal(t, statuses.bare, answerTo(t, api, kind.Method, bare.wire))
				assert.Equal(t, http.StatusOK, answerTo(t, api, kind.Method, first))
				assert.Equal(t, statuses.again, answerTo(t, api, kind.Method, first))
				assert.Equal(t, http.StatusOK, answerTo(t, api, kind.Method, proper.wire[proper.ends[0]:]))
				assert.Equal(t, name == Verifier, !bytes.Equal(first, proper.wire[proper.ends[0]:]), "a nonce for each")
			}
		})
	}
}

// answerTo returns the status of the answer to a rendered request.
func answerTo(t *testing.T, api *httptest.Server, method string, wire []byte) int {
	t.Helper()
	meter := workload.NewMeter()
	require.NoError(t, workload.Run(t.Context(), workload.Plan{
		Endpoint: workload.Endpoint{Address: api.Listener.Addr().String()}, Method: method, Requests: 1, Connections: 1,
		Source: func() (workload.Source, error) { return workload.Repeat(wire), nil },
	}, meter))
	answers := meter.Report().Answers
	require.Len(t, answers, 1)
	return answers[0].Status
}
