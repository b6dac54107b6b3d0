package differential

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/server"
)

var signer = client.NewSigner(client.Static(keyID, secret), client.Target{Region: region, Service: service},
	client.WithDialect(canonical.AWS4), client.WithClock(func() time.Time { return now }))

// signAgain has the client's signer, in the SDK's dialect, sign a request, and the SDK the same once
// more. signed is false for a request that the signer refuses.
func signAgain(verifier *server.Verifier, req *http.Request, presign bool) (signed bool, predicted []string, err error) {
	if presign {
		presigned, err := signer.Presign(req, time.Minute)
		if err != nil {
			return false, nil, nil
		}
		req.URL = presigned
	} else if signer.Sign(req) != nil {
		return false, nil, nil
	}
	var raw bytes.Buffer
	if err := req.Write(&raw); err != nil {
		return true, nil, err
	}
	r, err := readSigned(raw.Bytes())
	if err == nil {
		predicted, err = compare(verifier, raw.Bytes(), r)
	}
	if err != nil {
		err = fmt.Errorf("%q: %w", raw.Bytes(), err)
	}
	return true, predicted, err
}

// readSigned reads a request that is signed already.
func readSigned(raw []byte) (*received, error) {
	req, err := read(raw)
	if err != nil {
		return nil, err
	}
	r := &received{Request: req}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	message := canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
	if err := r.parsed.Parse(&message, &rules); err != nil {
		return nil, err
	}
	r.payloadHash = cmp.Or(r.parsed.PayloadHash, sha256Hex(string(body)))
	if r.signature(canonical.RuleForm) != r.parsed.Signature {
		return nil, errors.New("the signature does not match")
	}
	return r, nil
}

func TestTheSDKSignsWhatTheClientSignsTheSame(t *testing.T) {
	verifier := newVerifier(t)
	source := rand.New(rand.NewPCG(5, 6))
	modes, same := map[bool]int{}, 0
	for range 5_000 {
		d := random(source)
		target, err := url.Parse("http://" + d.host + d.target)
		if err != nil {
			continue
		}
		req := &http.Request{Method: d.method, URL: target, Host: d.host, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(d.body))}
		for _, line := range d.lines {
			name, value, _ := strings.Cut(line, ":")
			req.Header.Add(name, value)
		}
		presign := source.IntN(2) == 0
		signed, predicted, err := signAgain(verifier, req, presign)
		require.NoError(t, err)
		if signed {
			modes[presign]++
			if len(predicted) == 0 {
				same++
			}
		}
	}
	t.Logf("signed in headers: %d, in the query: %d; the same without more ado: %d", modes[false], modes[true], same)
	assert.Greater(t, min(modes[false], modes[true]), 500)
	assert.Greater(t, same, 1_000)
}

// FuzzSigner is the same for whatever request a program makes.
func FuzzSigner(f *testing.F) {
	f.Add("GET", "/a b/é", "", "b=2&a=%20+&c", "X-A", " a  b ", "", false)
	f.Add("POST", "/a%2Fb", "/a%252Fb", "", "Content-Type", "text/plain", "body", true)
	f.Add("PUT", "/x:y", "", "X-Amz-Security-Token=1", "X-Amz-Target", "", "\x00", true)
	require.NoError(f, signer.Check(f.Context()))
	verifier := newVerifier(f)
	f.Fuzz(func(t *testing.T, method, path, rawPath, query, name, value, body string, presign bool) {
		req, err := http.NewRequest(http.MethodPost, "http://api.example.com/", strings.NewReader(body))
		require.NoError(t, err)
		req.Method = method
		req.URL = &url.URL{Scheme: "http", Host: "api.example.com", Path: path, RawPath: rawPath, RawQuery: query}
		req.Header[http.CanonicalHeaderKey(name)] = []string{value, value}[:1+len(value)%2]
		_, _, err = signAgain(verifier, req, presign)
		require.NoError(t, err)
	})
}
