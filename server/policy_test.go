package server_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

func TestNewVerifierNamesWhatIsWrong(t *testing.T) {
	store, err := nonce.NewMemory(nonce.MemoryOptions{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	for field, change := range map[string]func(*server.Policy){
		"Region is empty":                 func(p *server.Policy) { p.Region = "" },
		`Region "Live"`:                   func(p *server.Policy) { p.Region = "Live" },
		"Service is empty":                func(p *server.Policy) { p.Service = "" },
		`Service "s3-backups"`:            func(p *server.Policy) { p.Service = "s3-backups" },
		"MaxBody, MaxUnhashedBody":        func(p *server.Policy) { p.MaxUnhashedBody = -1 },
		"MaxBody is":                      func(p *server.Policy) { p.MaxBody, p.MaxBuffered = math.MaxInt64, math.MaxInt64 },
		"MaxBuffered is":                  func(p *server.Policy) { p.MaxBuffered = 1 << 20 },
		"MaxPresignExpires":               func(p *server.Policy) { p.MaxPresignExpires = 8 * 24 * time.Hour },
		"MaxPresignExpires must":          func(p *server.Policy) { p.MaxPresignExpires = time.Second / 2 },
		"Limits":                          func(p *server.Policy) { p.Limits.Headers = -1 },
		`RequireSigned names "a b"`:       func(p *server.Policy) { p.RequireSigned = []string{"a b"} },
		`RequireSigned names "connection`: func(p *server.Policy) { p.RequireSigned = []string{"connection"} },
		`AddedOnTheWay names ""`:          func(p *server.Policy) { p.AddedOnTheWay = []string{""} },
		"AddedOnTheWay must":              func(p *server.Policy) { p.AddedOnTheWay = []string{"x-amz-content-sha256"} },
	} {
		policy := server.Policy{Region: "live", Service: "orders"}
		change(&policy)
		v, err := server.NewVerifier(server.StaticKeys{}, store, policy)
		require.ErrorContains(t, err, field)
		require.Nil(t, v)
	}
	policy := server.Policy{Region: "live", Service: "orders"}
	_, err = server.NewVerifier(nil, store, policy)
	require.ErrorContains(t, err, "source of keys")
	_, err = server.NewVerifier(server.StaticKeys{}, nil, policy)
	require.ErrorContains(t, err, "nonce store")
	policy.MaxBody = 1 << 30
	v, err := server.NewVerifier(server.StaticKeys{}, store, policy)
	require.NoError(t, err, "the default budget makes room for large bodies")
	require.Equal(t, "live", v.Region())
	require.Equal(t, "orders", v.Service())
}

func TestZeroVerifierRefusesEverything(t *testing.T) {
	for _, v := range []*server.Verifier{nil, {}} {
		id, err := v.Verify(newSigning().request(t))
		require.Nil(t, id)
		var rejection *server.Rejection
		require.ErrorAs(t, err, &rejection)
		require.Equal(t, canonical.KeysUnavailable, rejection.Reason)
	}
	answer := httptest.NewRecorder()
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") })
	new(server.Verifier).Handler(next).ServeHTTP(answer, newSigning().request(t))
	require.Equal(t, 503, answer.Code)
	requireProblem(t, answer, answer.Header().Get("X-Request-Id"))
}

func TestWriteErrorAnswersAnyError(t *testing.T) {
	u := newSetup(t)
	_, rejection := u.Verify(newSigning().edit(t, "limit=10", "limit=11"))
	for _, c := range []struct {
		err    error
		status int
	}{{rejection, 401}, {fmt.Errorf("orders: %w", rejection), 401}, {errors.New("of another kind"), 503}} {
		answer := httptest.NewRecorder()
		server.WriteError(answer, c.err)
		require.Equal(t, c.status, answer.Code)
		requireProblem(t, answer, answer.Header().Get("X-Request-Id"))
		require.NotContains(t, answer.Body.String(), "kind")
	}
}

func TestAddedOnTheWayNeedsNoSignature(t *testing.T) {
	u := newSetup(t)
	u.requireAccepted(t, newSigning().edit(t, "Host:", "X-Amz-Cf-Id: abc\r\nHost:"))
	s := newSigning()
	s.aws = true
	u.requireAccepted(t, s.edit(t, "Host:", "X-Amz-Cf-Id: abc\r\nHost:"))
	s = newSigning()
	s.aws = true
	u.requireRefused(t, s.edit(t, "Host:", "X-Amz-Trace: abc\r\nHost:"), canonical.UnsignedHeader)
	u = newSetup(t, func(u *setup) { u.policy.AddedOnTheWay = []string{} })
	s = newSigning()
	s.aws = true
	u.requireRefused(t, s.edit(t, "Host:", "X-Amz-Cf-Id: abc\r\nHost:"), canonical.UnsignedHeader)
}
