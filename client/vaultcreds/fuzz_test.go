package vaultcreds

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"
)

// FuzzDecode reads whatever a server at Vault's address answers: a version that can be used, the
// engine's own word that it is gone, or an error, never two of them.
func FuzzDecode(f *testing.F) {
	f.Add(200, `{"data":{"data":{"secret":"a"},"metadata":{"version":1,"created_time":"2026-01-01T00:00:00Z"}}}`)
	f.Add(404, `{"errors":[]}`)
	f.Add(404, `{"data":{"data":null,"metadata":{"version":2,"deletion_time":"2026-01-01T00:00:00Z"}}}`)
	f.Add(404, `{"errors":["no handler"]}`)
	f.Add(200, `{"data":{"metadata":{"version":-1,"destroyed":true}}}`)
	f.Add(502, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		response := &api.Response{Response: &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}}
		var refused error
		if status >= 400 { // as Vault's client has it
			refused = &api.ResponseError{StatusCode: status}
		}
		a, err := decode(response, refused)
		if err == nil {
			require.Equal(t, http.StatusOK, status)
			require.NotNil(t, a.Data.Data)
			require.Positive(t, a.Data.Metadata.Version)
			return
		}
		require.Nil(t, a)
		if errors.Is(err, errDeleted) {
			var said map[string]json.RawMessage
			require.NoError(t, json.NewDecoder(strings.NewReader(body)).Decode(&said), "deleted, in whose words?")
		}
		if len(body) > 12 {
			require.NotContains(t, err.Error(), body, "it may hold a secret")
		}
	})
}

// FuzzParseRecord reads the fields of a version, whatever they hold.
func FuzzParseRecord(f *testing.F) {
	const secret = "cs_live_2tgja0t2rfjdkg9dd9w05x8r54gwybg49r5r7rwsq4ahkqe76nrgy2pmy9g"
	f.Add("ck_live_0123456789abcdef", `{"secret":"`+secret+`","disabled":"false","revoke_previous":true}`, "2026-01-01T00:00:00.123Z")
	f.Add("ck_test_0123456789abcdef", `{"secret":"`+secret+`"}`, "")
	f.Add("id", `{"secret":1,"disabled":true}`, "2026")
	f.Fuzz(func(t *testing.T, id, text, created string) {
		var fields map[string]any
		if json.Unmarshal([]byte(text), &fields) != nil {
			return
		}
		secret, _ := fields["secret"].(string)
		r, err := parseRecord(id, fields, metadata{Version: 7, Created: created})
		if err != nil {
			require.Nil(t, r)
			if len(secret) > 12 && !strings.Contains(id, secret) {
				require.NotContains(t, err.Error(), secret)
			}
			return
		}
		require.Equal(t, 7, r.version)
		require.Equal(t, id, r.credentials.KeyID)
		require.Equal(t, secret, r.credentials.Secret.Reveal())
		require.False(t, r.created.IsZero() && !strings.HasPrefix(created, "0001-01-01"))
		require.NotContains(t, []any{true, "true"}, fields["disabled"])
		require.Equal(t, fields["revoke_previous"] == true || fields["revoke_previous"] == "true", r.revokePrevious)
	})
}

// FuzzPlain: an error of Vault's client becomes one line that a terminal and a log can take.
func FuzzPlain(f *testing.F) {
	f.Add(400, "1 error occurred:\n\t* permission\x1b[31m denied\n\n", false)
	f.Add(502, "<html>", true)
	f.Fuzz(func(t *testing.T, status int, text string, raw bool) {
		cause := &api.ResponseError{StatusCode: status, Errors: []string{text, text}, RawError: raw}
		err := plain(cause)
		require.ErrorIs(t, err, cause)
		require.LessOrEqual(t, len(err.Error()), 500)
		for _, c := range err.Error() {
			require.True(t, unicode.IsPrint(c), "%q", err.Error())
		}
		if raw && len(text) > 40 {
			require.NotContains(t, err.Error(), text)
		}
	})
}

// FuzzReadLine reads a file with a token.
func FuzzReadLine(f *testing.F) {
	f.Add("hvs.token\n")
	f.Add(" \n")
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		line, err := readLine(path)
		if err != nil {
			require.Empty(t, line)
			return
		}
		require.True(t, line != "" && line == strings.TrimSpace(content))
		require.False(t, strings.ContainsFunc(line, unicode.IsControl), "a token of two lines is none")
	})
}
