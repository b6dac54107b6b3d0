package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/require"
)

// FuzzSign signs whatever request net/http would send, and holds what it writes against the oracle
// and the verifier's parser: a request is either refused with a reason, or signed rightly.
func FuzzSign(f *testing.F) {
	f.Add("GET", "/", "", "", "X-A", "a", "", false)
	f.Add("POST", "/a b/€/x:y@z", "", "b=2&a=%20+&c&=", "X-A_b", " a  b ", "hello", true)
	f.Add("PUT", "/a%2Fb", "/a%252Fb", "x=1;y=2", "Content-Type", "text/plain", "\x00", false)
	f.Add("", "", "", "a=1&a=0&A=%c3%bc", "X-Amz-Meta", "caf\xe9", "", true)
	f.Add("DELETE", "/../a", "", "", "x-lower", "a\tb", "", false)
	f.Fuzz(func(t *testing.T, method, path, rawPath, query, name, value, body string, aws bool) {
		dialect := canonical.CS4
		if aws {
			dialect = canonical.AWS4
		}
		req := post(t, strings.NewReader(body))
		req.Method, req.URL = method, &url.URL{Scheme: "http", Host: "127.0.0.1", Path: path, RawPath: rawPath, RawQuery: query}
		req.Header[http.CanonicalHeaderKey(name)] = []string{value, value}
		if strings.HasPrefix(http.CanonicalHeaderKey(name), "Content-") {
			req.Header.Set(name, value)
		}
		if err := testSigner(WithDialect(dialect)).Sign(req); err != nil {
			var refusal *canonical.Error
			require.True(t, errors.As(err, &refusal), "%v", err)
			require.True(t, refusal.Reason.Known())
			return
		}
		r := written(t, req)
		require.Equal(t, body, r.body)
		checkReceived(t, r)
	})
}

// FuzzParseVariables: whatever a file holds, what is read of it are names of ours, and reading the
// lines again that they make gives the same.
func FuzzParseVariables(f *testing.F) {
	f.Add("COUNTERSIGN_URL=http://127.0.0.1\r\nexport COUNTERSIGN_REGION='live'\n# no\n")
	f.Add("COUNTERSIGN_A=1\nCOUNTERSIGN_A=2")
	f.Fuzz(func(t *testing.T, content string) {
		variables, err := parseVariables(content)
		if err != nil {
			require.Nil(t, variables)
			return
		}
		var lines strings.Builder
		for name, value := range variables {
			require.True(t, strings.HasPrefix(name, "COUNTERSIGN_"))
			lines.WriteString(name + "='" + value + "'\n")
		}
		again, err := parseVariables(lines.String())
		require.NoError(t, err)
		require.Equal(t, variables, again)
	})
}
