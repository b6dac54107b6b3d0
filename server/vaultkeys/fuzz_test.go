package vaultkeys

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// answering is a network on which every question gets one answer.
type answering struct {
	status int
	body   string
}

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Request: req, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// FuzzAnswers reads whatever a server at Vault's address answers to each question: what was asked for,
// the engine's own word that it is gone, or an error of one line that does not quote the answer.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"data":{"keys":["ck_live_a","folder/"]}}`)
	f.Add(200, `{"data":{"data":{"secret":"a"},"metadata":{"version":3}}}`)
	f.Add(200, `{"data":{"current_version":2,"versions":{"1":{"created_time":"2026-11-20T09:00:00Z"},"2":{"created_time":"2026-11-20T10:00:00Z"}}}}`)
	f.Add(404, `{"errors":[]}`)
	f.Add(404, `{"data":{"data":null,"metadata":{"deletion_time":"2026-11-20T09:00:00Z"}}}`)
	f.Add(403, `{"errors":["1 error occurred:\n\t* permission denied\n\n"]}`)
	f.Add(500, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status/100 == 3 {
			return // Vault's client follows redirects, and this network would answer with another
		}
		config := api.DefaultConfig()
		config.HttpClient = &http.Client{Transport: answering{status, body}}
		config.MaxRetries = 0
		client, err := api.NewClient(config)
		require.NoError(t, err)
		k := &kv{client: client, mount: "secret", prefix: "keys", timeout: time.Minute}
		check := func(err error, nothing bool) {
			if err == nil {
				require.False(t, nothing)
				require.Equal(t, http.StatusOK, status)
				return
			}
			require.True(t, nothing, "a result beside an error")
			for _, c := range err.Error() {
				require.True(t, unicode.IsPrint(c), "%q", err.Error())
			}
			if errors.Is(err, errGone) && status != http.StatusOK { // a history without versions is gone too
				require.Equal(t, http.StatusNotFound, status)
				var said map[string]json.RawMessage
				require.NoError(t, json.NewDecoder(strings.NewReader(body)).Decode(&said), "deleted, in whose words?")
			}
			if len(body) > 12 && !strings.Contains(body, "errors") {
				require.NotContains(t, err.Error(), body, "it may hold a secret")
			}
		}
		ids, err := k.ids(t.Context())
		if err != nil || status != http.StatusNotFound { // no keys are nothing wrong
			check(err, ids == nil)
		}
		versions, err := k.history(t.Context(), "ck_live_a")
		check(err, versions == nil)
		fields, err := k.fields(t.Context(), "ck_live_a", 3)
		check(err, fields == nil)
	})
}

// FuzzParsePrevious reads what an earlier version holds: its secret, of the same environment, or
// nothing.
func FuzzParsePrevious(f *testing.F) {
	native := canonical.FormatSecret("live", [32]byte{1})
	f.Add(`{"secret":"`+native+`","environment":"live","revoke_previous":"true","unknown":1}`, "live")
	f.Add(`{"secret":"`+native+`","environment":"test"}`, "test")
	f.Add(`{"secret":null,"environment":"live"}`, "live")
	f.Fuzz(func(t *testing.T, text, environment string) {
		var data map[string]any
		if json.Unmarshal([]byte(text), &data) != nil {
			return
		}
		secret, revoke, err := parsePrevious(data, environment)
		given, _ := data["secret"].(string)
		if err != nil {
			require.True(t, secret.IsZero() && !revoke)
			var field *FieldError
			require.ErrorAs(t, err, &field)
			if len(given) > 12 {
				require.NotContains(t, err.Error(), given)
			}
			return
		}
		require.Equal(t, given, secret.Reveal())
		require.Equal(t, environment, data["environment"])
		require.Equal(t, data["revoke_previous"] == true || data["revoke_previous"] == "true", revoke)
	})
}

// FuzzReadToken reads a file with a token.
func FuzzReadToken(f *testing.F) {
	f.Add("hvs.token\n")
	f.Add("two\nlines")
	f.Add(" \n")
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		token, err := readToken(path)
		if err != nil {
			require.Empty(t, token)
			return
		}
		require.Equal(t, strings.TrimSpace(content), token)
		require.Regexp(t, `^[!-~]+$`, token)
	})
}
