package client

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trackedBody is a body that tells whether it was closed.
type trackedBody struct {
	io.Reader
	closed *int
}

func (b trackedBody) Close() error {
	*b.closed++
	return nil
}

func post(t *testing.T, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", body)
	require.NoError(t, err)
	return req
}

func TestSignLeavesTheBodyAtItsBeginning(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"with GetBody": strings.NewReader("hello"),
		"read once":    io.MultiReader(strings.NewReader("hel"), strings.NewReader("lo")),
	} {
		t.Run(name, func(t *testing.T) {
			req := post(t, body)
			for range 2 {
				require.NoError(t, testSigner().Sign(req))
				assert.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", req.Header.Get("X-Countersign-Content-Sha256"))
				assert.EqualValues(t, 5, req.ContentLength)
				read, err := io.ReadAll(req.Body)
				require.NoError(t, err)
				assert.Equal(t, "hello", string(read))
			}
		})
	}
}

func TestSignNeverBuffersABodyWithGetBody(t *testing.T) {
	req := post(t, nil)
	opened, closed := 0, 0
	req.GetBody = func() (io.ReadCloser, error) {
		opened++
		return trackedBody{io.LimitReader(zeros{}, 10<<20), &closed}, nil
	}
	req.Body, _ = req.GetBody()
	require.NoError(t, testSigner(WithBodyLimit(0)).Sign(req))
	assert.Equal(t, 3, opened, "the caller's, one to hash, one to send")
	assert.Equal(t, 2, closed)
	assert.Equal(t, "e5b844cc57f57094ea4585e235f36c78c1cd222262bb89d53c94dcb4d6b3e55d", req.Header.Get("X-Countersign-Content-Sha256"))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestSignRefusesAOneShotBodyBeyondTheLimit(t *testing.T) {
	for _, length := range []int64{-1, 6} {
		closed := 0
		req := post(t, nil)
		req.Body, req.ContentLength = trackedBody{strings.NewReader("hello!"), &closed}, length
		err := testSigner(WithBodyLimit(5)).Sign(req)
		assert.ErrorIs(t, err, ErrBodyOneShot)
		assert.ErrorContains(t, err, "set Request.GetBody")
		read, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.Equal(t, "hello!", string(read), "the caller still has the whole body")
		assert.Zero(t, closed)
		require.NoError(t, req.Body.Close())
		assert.Equal(t, 1, closed)
	}
	req := post(t, io.MultiReader(strings.NewReader("hello")))
	assert.NoError(t, testSigner(WithBodyLimit(5)).Sign(req))
}

func TestSignRefusesABodyOfAnotherLength(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"with GetBody": strings.NewReader("hello"),
		"read once":    io.MultiReader(strings.NewReader("hello")),
	} {
		for _, length := range []int64{4, 6} {
			t.Run(name, func(t *testing.T) {
				req := post(t, body)
				req.ContentLength = length
				assert.Equal(t, canonical.BodyTruncated, reasonOf(t, testSigner().Sign(req)))
			})
		}
	}
}

func TestSignReturnsTheErrorOfABody(t *testing.T) {
	broken := errors.New("disk on fire")
	req := post(t, iotest.ErrReader(broken))
	assert.ErrorIs(t, testSigner().Sign(req), broken)

	req = post(t, strings.NewReader("a"))
	req.GetBody = func() (io.ReadCloser, error) { return nil, broken }
	assert.ErrorIs(t, testSigner().Sign(req), broken)

	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }
	assert.ErrorIs(t, testSigner().Sign(req), broken)
}

func TestSignHashesAnEmptyBody(t *testing.T) {
	for name, body := range map[string]io.Reader{"nil": nil, "NoBody": http.NoBody, "nothing in it": io.MultiReader()} {
		t.Run(name, func(t *testing.T) {
			req := post(t, body)
			require.NoError(t, testSigner().Sign(req))
			assert.Equal(t, canonical.HashEmptyPayload, req.Header.Get("X-Countersign-Content-Sha256"))
			assert.Zero(t, req.ContentLength)
		})
	}
}
