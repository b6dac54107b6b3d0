package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

const staleSecret = "the-secret-of-before-of-thirty-two-bytes-or-more"

// rotating is a source that learns of a newer key only when it is asked to look.
type rotating struct {
	mu            sync.Mutex
	held, newer   Credentials
	err           error
	refreshes     int
	lastRefreshed Credentials // what it was told
}

func (r *rotating) Credentials(context.Context) (Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held, nil
}

func (r *rotating) Refresh(_ context.Context, used Credentials) (Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refreshes++
	r.lastRefreshed = used
	if r.err == nil {
		r.held = r.newer
	}
	return r.newer, r.err
}

var _ Refresher = (*rotating)(nil)

func keyOf(id, secret string) Credentials {
	return Credentials{KeyID: id, Secret: canonical.NewSecret(secret)}
}

// rotated is a verifier that knows testSecret alone, and a client that holds the one before.
func rotated(t *testing.T, newer Credentials, ahead time.Duration) (*rotating, *skewed) {
	s := newSkewed(t, ahead)
	source := &rotating{held: keyOf(testID, staleSecret), newer: newer}
	s.signer.source = source
	return source, s
}

func TestTransportTriesTheNewerSecretOnce(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"no body": nil, "a body": strings.NewReader("hello"), "a body read once": io.MultiReader(strings.NewReader("hello")),
	} {
		t.Run(name, func(t *testing.T) {
			source, s := rotated(t, keyOf(testID, testSecret), 0)
			resp, _ := s.post(t, body)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, []int{401, 200}, s.verifier.statuses)
			assert.Equal(t, s.verifier.bodies[0], s.verifier.bodies[1])
			assert.True(t, canonical.NewSecret(staleSecret).Equal(source.lastRefreshed.Secret))
			s.post(t, nil)
			assert.Equal(t, []int{401, 200, 200}, s.verifier.statuses)
			assert.Equal(t, 1, source.refreshes)
		})
	}
}

func TestTransportSendsNothingAgainWithoutANewerSecret(t *testing.T) {
	for name, newer := range map[string]Credentials{
		"the same":                  keyOf(testID, staleSecret),
		"none":                      {},
		"a key of another region":   keyOf("ck_test_0123456789abcdef", testSecret),
		"an equal one, made afresh": keyOf(testID, strings.Clone(staleSecret)),
	} {
		t.Run(name, func(t *testing.T) {
			source, s := rotated(t, newer, 0)
			resp, body := s.post(t, strings.NewReader("hello"))
			assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			assert.JSONEq(t, `{"code":"invalid_signature"}`, body, "the answer is returned whole")
			assert.Len(t, s.verifier.statuses, 1)
			assert.Equal(t, 1, source.refreshes)
		})
	}
	source, s := rotated(t, keyOf(testID, testSecret), 0)
	source.err = errors.New("the store is away")
	resp, _ := s.post(t, nil)
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Len(t, s.verifier.statuses, 1)
}

func TestTransportTriesANewerSecretNeverTwice(t *testing.T) {
	source, s := rotated(t, keyOf(testID, "another-wrong-secret-of-thirty-two-bytes-or-more"), 0)
	resp, _ := s.post(t, strings.NewReader("hello"))
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Len(t, s.verifier.statuses, 2)
	assert.Equal(t, 1, source.refreshes)
}

func TestTransportCorrectsTheClockAfterARotation(t *testing.T) {
	_, s := rotated(t, keyOf(testID, testSecret), time.Hour)
	resp, _ := s.post(t, strings.NewReader("hello"))
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, []int{401, 401, 200}, s.verifier.statuses)
}

func TestTransportAsksForANewerSecretForNothingElse(t *testing.T) {
	answer := func(status int, mediaType, body string) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			closeBody(req.Body)
			return &http.Response{
				StatusCode: status, Header: http.Header{"Content-Type": {mediaType}},
				Body: io.NopCloser(strings.NewReader(body)), Request: req,
			}, nil
		})
	}
	const problem = "application/problem+json"
	for name, base := range map[string]http.RoundTripper{
		"accepted":         answer(200, problem, `{"code":"invalid_signature"}`),
		"a replay":         answer(401, problem, `{"code":"replayed_request"}`),
		"forbidden":        answer(403, problem, `{"code":"invalid_signature"}`),
		"the API's own":    answer(401, "application/json", `{"code":"invalid_signature"}`),
		"no JSON":          answer(401, problem, `<code>invalid_signature</code>`),
		"an empty refusal": answer(401, problem, ""),
	} {
		t.Run(name, func(t *testing.T) {
			source := &rotating{held: keyOf(testID, staleSecret), newer: keyOf(testID, testSecret)}
			httpClient := &http.Client{Transport: NewSigner(source, testTarget).Transport(base)}
			resp, err := httpClient.Get("http://127.0.0.1/")
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Zero(t, source.refreshes)
		})
	}
	source, s := rotated(t, keyOf(testID, testSecret), 0)
	resp, err := s.client.Head(s.url)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []int{401}, s.verifier.statuses, "the answer to HEAD does not say why")
	assert.Zero(t, source.refreshes)
}
