package client

import (
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testID     = "ck_live_0123456789abcdef"
	testSecret = "an-imported-secret-of-thirty-two-bytes-or-more"
)

var testTarget = Target{Region: "live", Service: "orders"}

func TestTransportSignsWhatTheVerifierAccepts(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c canonical.Request
		err := c.Parse(&canonical.Message{Method: r.Method, Target: r.RequestURI, Host: r.Host, Header: r.Header}, &canonical.Rules{})
		require.NoError(t, err)
		cr := c.AppendCanonical(nil, canonical.RuleForm, c.PayloadHash)
		sum := canonical.NewSecret(testSecret).SigningKey(c.Dialect, c.Scope).Sum(c.AppendStringToSign(nil, cr))
		assert.Equal(t, c.Signature, hex.EncodeToString(sum[:]))
		t.Log(r.Header)
	}))
	s := NewSigner(Static(testID, testSecret), testTarget)
	hc := &http.Client{Transport: s.Transport(nil)}
	resp, err := hc.Get(srv.URL + "/a/b?c=d&a=%20")
	require.NoError(t, err)
	resp.Body.Close()
	req, _ := http.NewRequest("GET", srv.URL+"/x?y=1&a=2", nil)
	u, err := s.Presign(req, time.Minute)
	require.NoError(t, err)
	t.Log(u)
	t.Log(testing.AllocsPerRun(1000, func() {
		req.Header = make(http.Header)
		if err := s.Sign(req); err != nil {
			t.Fatal(err)
		}
	}))
}

func BenchmarkSign(b *testing.B) {
	s := NewSigner(Static(testID, testSecret), testTarget)
	req, _ := http.NewRequest("GET", "http://127.0.0.1/x?y=1&a=2", nil)
	b.ReportAllocs()
	for b.Loop() {
		req.Header = make(http.Header)
		if err := s.Sign(req); err != nil {
			b.Fatal(err)
		}
	}
}
