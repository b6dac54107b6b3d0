package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
)

var fuzzNow = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// FuzzParseTimes reads what stands on a command line where a time or a span of time should.
func FuzzParseTimes(f *testing.F) {
	for _, text := range []string{"90d", "2w", "1h30m", "-1h", "now", "now+5m", "now-30s", "now5m", "2027-06-30T00:00:00Z", "20261120T093000Z", "99999d", "9223372036s", "0d", "now+"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		span, err := parseSpan(text)
		require.True(t, err == nil || span == 0)
		require.GreaterOrEqual(t, span, time.Duration(0))
		if err == nil {
			again, err := parseSpan(span.String())
			require.NoError(t, err)
			require.Equal(t, span, again)
		}
		expires, err := parseExpiry(text, fuzzNow)
		require.True(t, err != nil && expires.IsZero() || err == nil && expires.After(fuzzNow), "%v %v", expires, err)
		instant, err := parseInstant(text, fuzzNow)
		if err != nil {
			require.True(t, instant.IsZero())
			return
		}
		if instant.Year() >= 0 && instant.Year() <= 9999 {
			again, err := parseInstant(instant.UTC().Format(time.RFC3339Nano), fuzzNow)
			require.NoError(t, err)
			require.True(t, instant.Equal(again))
		}
	})
}

// FuzzParseRate reads a rate of requests.
func FuzzParseRate(f *testing.F) {
	for _, text := range []string{"", "2000/s", "90/m", "10/h", "0.5", "1e9/s", "NaN/s", "Inf", "-1/s", "1/d", "0x1p3/s", "5e-324/h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rate, err := parseRate(text)
		if err != nil {
			require.ErrorAs(t, err, new(usageError))
			require.Zero(t, rate)
			return
		}
		require.Equal(t, text == "", rate == 0)
		require.True(t, rate >= 0 && rate <= 1_000_000, "%v", rate)
	})
}

// FuzzReadSecret reads a secret from standard input, and no more than the line end that tools add.
func FuzzReadSecret(f *testing.F) {
	f.Add(canonical.FormatSecret("live", [32]byte{1})+"\r\n", "live")
	f.Add(strings.Repeat("s", 40)+"\n\n", "live")
	f.Add("cs_live_", "live")
	f.Fuzz(func(t *testing.T, text, environment string) {
		secret, err := readSecret(strings.NewReader(text), environment)
		if err != nil {
			require.True(t, secret.IsZero())
			if len(text) > 20 {
				require.NotContains(t, err.Error(), strings.TrimSpace(text))
			}
			return
		}
		ends := strings.TrimPrefix(text, secret.Reveal())
		require.Contains(t, []string{"", "\n", "\r\n", "\r"}, ends)
	})
}

// FuzzSign signs whatever a command line describes. What is printed, as a request and as a curl
// command, is that request, and its signature matches.
func FuzzSign(f *testing.F) {
	f.Add("GET", "/v1/orders?b=1&a", "X-Label:  a  b ", "", false)
	f.Add("POST", "https://EXAMPLE.com:443/a%20b#c", "Content-Type: text/plain", "it's\n$(rm) `x` \\", true)
	f.Add("HEAD", "http://[::1]:80/", "X-Empty:", "", false)
	f.Add("PUT", "http://u:p@h/", "Host: other.example", "\x00\xff", true)
	f.Add("get", "/", "Authorization: x", "@-", false)
	f.Fuzz(func(t *testing.T, method, target, line, data string, aws bool) {
		body := []byte(data)
		req, err := buildRequest(t.Context(), method, target, "http://127.0.0.1:8080/base/", []string{line}, body)
		if err != nil {
			require.ErrorAs(t, err, new(usageError))
			require.Nil(t, req)
			return
		}
		require.Nil(t, req.URL.User)
		require.NotEmpty(t, req.Host+line, "no host, and none was given")
		secret := canonical.FormatSecret("live", [32]byte{1})
		dialect := canonical.CS4
		if aws {
			dialect = canonical.AWS4
		}
		signer := client.NewSigner(client.Static("ck_live_0123456789abcdef", secret), client.Target{Region: "live", Service: "orders"},
			client.WithDialect(dialect), client.WithClock(func() time.Time { return fuzzNow }))
		if err := signer.Sign(req); err != nil {
			var refusal *canonical.Error
			require.True(t, errors.As(err, &refusal), "%v", err)
			return
		}
		var command, raw bytes.Buffer
		if err := writeCurl(&command, req, data, body); err != nil {
			require.ErrorAs(t, err, new(usageError))
		} else if !strings.HasPrefix(data, "@") {
			requireCommand(t, shellWords(t, command.String()), req, body)
		}
		require.NoError(t, writeHTTP(&raw, req))
		requireSigned(t, raw.Bytes(), secret, body)
	})
}

// requireSigned reads a request as a server does, and expects its signature to match.
func requireSigned(t *testing.T, raw []byte, secret string, body []byte) {
	t.Helper()
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	require.NoError(t, err, "%q", raw)
	received, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.Equal(t, string(body), string(received))
	var r canonical.Request
	require.NoError(t, r.Parse(&canonical.Message{Method: got.Method, Target: got.RequestURI, Host: got.Host, Header: got.Header}, &canonical.Rules{}))
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(body)), r.PayloadHash)
	key := canonical.NewSecret(secret).SigningKey(r.Dialect, r.Scope)
	sum := key.Sum(r.AppendStringToSign(nil, r.AppendCanonical(nil, canonical.RuleForm, r.PayloadHash)))
	require.Equal(t, fmt.Sprintf("%x", sum), r.Signature, "%q", raw)
}

// shellWords splits a command as POSIX's section 2.2 of the shell language says, and fails where it
// holds anything but words: an operator, an expansion or a comment.
func shellWords(t *testing.T, command string) (words []string) {
	t.Helper()
	word, begun := "", false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			end := strings.IndexByte(command[i+1:], '\'')
			require.GreaterOrEqual(t, end, 0, "a quote is left open: %q", command)
			word, begun = word+command[i+1:i+1+end], true
			i += end + 1
		case c == '\\':
			i++
			require.Less(t, i, len(command))
			if command[i] != '\n' {
				word, begun = word+command[i:i+1], true
			}
		case c == ' ' || c == '\n':
			if begun {
				words, word, begun = append(words, word), "", false
			}
		default:
			require.Regexp(t, `^[A-Za-z0-9@%+=:,./_-]$`, string(rune(c)), "unquoted in %q", command)
			word, begun = word+string(rune(c)), true
		}
	}
	require.False(t, begun)
	return words
}

// requireCommand reads a curl command's words, and expects them to describe the request.
func requireCommand(t *testing.T, words []string, req *http.Request, body []byte) {
	t.Helper()
	require.Equal(t, []string{"curl", "--globoff"}, words[:2])
	method, sent, header, host := http.MethodGet, "", http.Header{}, req.URL.Host
	for i := 2; i < len(words)-1; i++ {
		switch words[i] {
		case "--head":
			method = http.MethodHead
			continue
		case "--request":
			method = words[i+1]
		case "--data-raw":
			sent = words[i+1]
		case "--header":
			name, value, found := strings.Cut(words[i+1], ":")
			switch {
			case !found:
				header.Add(strings.TrimSuffix(words[i+1], ";"), "")
			case name == "Host":
				host = strings.TrimPrefix(value, " ")
			case value != "": // without a value curl leaves its own header out
				header.Add(name, strings.TrimPrefix(value, " "))
			}
		default:
			t.Fatalf("what is %q?", words[i])
		}
		i++
	}
	require.Equal(t, req.Method, method)
	require.Equal(t, string(body), sent)
	require.Equal(t, req.Header, header)
	require.Equal(t, req.Host, host)
	require.Equal(t, req.URL.Scheme+"://"+req.URL.Host+req.URL.RequestURI(), words[len(words)-1])
}

// FuzzAskAdmin reads whatever stands at the address of a service's admin listener.
func FuzzAskAdmin(f *testing.F) {
	f.Add(200, `{"key_id":"ck_live_a","watched_since":"2026-11-20T09:30:00Z","secrets":[{"index":0}]}`)
	f.Add(404, `{"error":"the verifier knows no key of that id"}`)
	f.Add(502, "<html>")
	var answer atomic.Pointer[func(http.ResponseWriter)]
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { (*answer.Load())(w) }))
	f.Cleanup(listener.Close)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status/100 == 3 {
			return
		}
		write := func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
		answer.Store(&write)
		told, err := askAdmin(t.Context(), listener.URL, "ck_live_a")
		if err != nil {
			require.Nil(t, told)
			return
		}
		require.Equal(t, http.StatusOK, status)
		view := keyView{Secrets: []secretView{{Active: true}}}
		if err := view.addUses(told); err == nil {
			require.Len(t, told.Secrets, 1)
		}
	})
}
