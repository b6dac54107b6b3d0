package client

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/require"
)

var madeKeyID = regexp.MustCompile(`^ck_([a-z0-9-]{1,64})_[0-9a-z]{16}$`)

// FuzzParseCredentials: whatever the texts are, credentials hold just them, or there are none, and the
// error does not hold the secret.
func FuzzParseCredentials(f *testing.F) {
	f.Add(testID, testSecret)
	f.Add("ck_test_0123456789abcdef", testSecret)
	f.Add("AKIAEXAMPLE", "an imported secret of more than 32 bytes"[3:])
	f.Add(testSecret, testID)
	f.Add("", "")
	f.Fuzz(func(t *testing.T, id, secret string) {
		credentials, err := ParseCredentials(id, secret)
		environment := environmentOfKey(id)
		if made := madeKeyID.FindStringSubmatch(id); made != nil {
			require.Equal(t, made[1], environment)
		} else {
			require.Empty(t, environment)
		}
		if err != nil {
			require.True(t, credentials.KeyID == "" && credentials.Secret.IsZero())
			if len(secret) > 16 && !strings.Contains(id, secret) {
				require.NotContains(t, err.Error(), secret)
			}
			_, sourceErr := Static(id, secret).Credentials(t.Context())
			require.Equal(t, err.Error(), sourceErr.Error())
			return
		}
		require.Equal(t, id, credentials.KeyID)
		require.Equal(t, secret, credentials.Secret.Reveal())
		require.NoError(t, canonical.CheckKeyID(id))
		region := environment
		if region == "" {
			region = "live"
		}
		require.NoError(t, credentials.usable(Target{Region: region, Service: "orders"}))
	})
}

// FuzzFromFile: whatever a file of settings holds, they are complete or there are none, and reading
// again what they would be saved as gives the same.
func FuzzFromFile(f *testing.F) {
	good := "COUNTERSIGN_URL=http://127.0.0.1\r\nexport COUNTERSIGN_KEY_ID='" + testID + "'\nCOUNTERSIGN_SECRET=" + testSecret + "\n"
	f.Add(good)
	f.Add(good + "COUNTERSIGN_REGION=live\nCOUNTERSIGN_SERVICE=\"orders\"\nCOUNTERSIGN_REGION=test\n")
	f.Add("COUNTERSIGN_KEY_ID=" + testID)
	f.Fuzz(func(t *testing.T, content string) {
		directory := t.TempDir()
		read := func(content string) (Settings, error) {
			path := filepath.Join(directory, "client.env")
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			return FromFile(path)
		}
		settings, err := read(content)
		if err != nil {
			require.Equal(t, "", settings.URL+settings.Credentials.KeyID+settings.Target.Region+settings.Target.Service)
			require.True(t, settings.Credentials.Secret.IsZero())
			return
		}
		again, err := read("COUNTERSIGN_URL='" + settings.URL + "'\nCOUNTERSIGN_KEY_ID='" + settings.Credentials.KeyID +
			"'\nCOUNTERSIGN_SECRET='" + settings.Credentials.Secret.Reveal() +
			"'\nCOUNTERSIGN_REGION='" + settings.Target.Region + "'\nCOUNTERSIGN_SERVICE='" + settings.Target.Service + "'\n")
		require.NoError(t, err)
		require.True(t, again.Credentials.Secret.Equal(settings.Credentials.Secret))
		again.Credentials.Secret = settings.Credentials.Secret
		require.Equal(t, settings, again)
	})
}

// brokenBody is a body that ends in an error.
type brokenBody struct{ io.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// FuzzRefusedForTime reads answers: what the Signer learns has to be proved, and the answer reads
// afterwards as it came.
func FuzzRefusedForTime(f *testing.F) {
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	mac := "t=20261120T094000Z, earliest=20261120T093500Z, mac=" + strings.Repeat("0", 64)
	f.Add(401, mac, int64(0), "application/problem+json", `{"code":"clock_skew"}`, false)
	f.Add(401, "", int64(600), "application/problem+json", `{"code":"clock_skew"}`, false)
	f.Add(401, "", int64(-100_000), "application/problem+json; charset=utf-8", `{"code":"clock_skew"}`, true)
	f.Add(400, "t=", int64(0), "text/html", "<html>", false)
	f.Fuzz(func(t *testing.T, status int, serverTime string, ahead int64, contentType, body string, broken bool) {
		signer := testSigner(WithClock(func() time.Time { return at }))
		a := &attempt{transport: signer.Transport(nil), request: &http.Request{Method: http.MethodGet}, sent: at}
		key := canonical.NewSecret(testSecret).SigningKey(canonical.CS4, canonical.Scope{Date: "20261120", Region: "live", Service: "orders"})
		a.signature = signature{dialect: canonical.CS4, key: key, text: strings.Repeat("a", 64)}
		proved := serverTime == ""
		if proved {
			now := at.Add(time.Duration(ahead) * time.Second)
			serverTime = canonical.NewServerTime(key, canonical.CS4, a.signature.text, now, now.Add(-5*time.Minute)).String()
		}
		content := io.Reader(strings.NewReader(body))
		if broken {
			content = brokenBody{content}
		}
		resp := &http.Response{StatusCode: status, Body: io.NopCloser(content), Header: http.Header{
			canonical.ServerTimeHeader: {serverTime}, "Content-Type": {contentType},
		}}
		refused := a.refusedForTime(resp)
		if refused {
			require.True(t, proved, "an answer that proves nothing is believed")
			require.Equal(t, http.StatusUnauthorized, status)
			require.LessOrEqual(t, signer.offset.load().Abs(), maxOffset)
		} else {
			require.Zero(t, signer.offset.load())
			require.Zero(t, a.earliest)
		}
		read, err := io.ReadAll(resp.Body)
		require.Equal(t, body, string(read))
		require.Equal(t, broken, err != nil)
	})
}

// FuzzPresign presigns whatever URL a program has, and holds it against the oracle and the verifier's
// parser, as FuzzSign does.
func FuzzPresign(f *testing.F) {
	f.Add("GET", "/", "", "", "X-A", "a", "", int64(60), false)
	f.Add("PUT", "/a b/€/x:y@z", "", "b=2&a=%20+&c", "Content-Type", " a  b ", "hello", int64(900), true)
	f.Add("GET", "/a%2Fb", "/a%252Fb", "X-Amz-Security-Token=1", "Cookie", "text/plain", "\x00", int64(901), true)
	f.Add("", "", "", "X-Countersign-Nonce=a", "X-Amz-Meta", "caf\xe9", "", int64(-1), false)
	f.Fuzz(func(t *testing.T, method, path, rawPath, query, name, value, body string, seconds int64, aws bool) {
		dialect := canonical.CS4
		if aws {
			dialect = canonical.AWS4
		}
		req := post(t, strings.NewReader(body))
		req.Method, req.URL = method, &url.URL{Scheme: "http", Host: "127.0.0.1", Path: path, RawPath: rawPath, RawQuery: query}
		req.Header[http.CanonicalHeaderKey(name)] = []string{value}
		presigned, err := testSigner(WithDialect(dialect)).Presign(req, time.Duration(seconds)*time.Second)
		if err != nil {
			var refusal *canonical.Error
			require.True(t, errors.As(err, &refusal), "%v", err)
			require.True(t, refusal.Reason.Known())
			require.Nil(t, presigned)
			return
		}
		require.True(t, seconds >= 1 && seconds <= 900, "%d", seconds)
		sent := req.Clone(t.Context())
		sent.URL, err = url.Parse(presigned.String())
		require.NoError(t, err)
		checkPresigned(t, written(t, sent), canonical.Rules{})
	})
}
