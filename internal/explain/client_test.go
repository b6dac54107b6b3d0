package explain

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReadClientUnderstandsDebugLogs: the canonical request as signers print it. The forms are those
// of curl 8's vauth, aws-sdk-go 1 and 2, aws-sdk-java 1 and 2, botocore, aws-sdk-ios, and our own.
func TestReadClientUnderstandsDebugLogs(t *testing.T) {
	want := specExample(t, "canonical-request")
	toSign := specExample(t, "string-to-sign")
	report := Explain(exampleInput(t), Options{})
	var text, object bytes.Buffer
	require.NoError(t, report.WriteText(&text, false))
	require.NoError(t, json.NewEncoder(&object).Encode(report))
	quoted, err := json.Marshal(want)
	require.NoError(t, err)
	for name, log := range map[string]string{
		"alone":        want,
		"line end":     want + "\n",
		"CR LF":        strings.ReplaceAll(want, "\n", "\r\n") + "\r\n",
		"curl":         "* Connected to localhost\n* aws_sigv4: Canonical request (enclosed in []) - [" + want + "]\n* aws_sigv4: String to sign (enclosed in []) - [" + toSign + "]\n> GET / HTTP/1.1\n",
		"aws-sdk-go 1": "2026/11/20 DEBUG: Request Signature:\n---[ CANONICAL STRING  ]-----------------------------\n" + want + "\n---[ STRING TO SIGN ]--------------------------------\n" + toSign + "\n-----------------------------------------------------\n",
		"botocore":     "2026-11-20 09:30:00,000 botocore.auth [DEBUG] Calculating signature using v4 auth.\n2026-11-20 09:30:00,000 botocore.auth [DEBUG] CanonicalRequest:\n" + want + "\n2026-11-20 09:30:00,000 botocore.auth [DEBUG] StringToSign:\n" + toSign + "\n",
		"java 1":       `10:00 DEBUG AWS4Signer - AWS4 Canonical Request: '"` + want + "\"\n10:00 DEBUG AWS4Signer - AWS4 String to Sign: '\"" + toSign + "\"\n",
		"java 2":       "10:00 DEBUG - AWS4 Canonical Request: " + want + "\n10:00 DEBUG - AWS4 String to sign: " + toSign + "\n",
		"ios":          "AWS4 Canonical Request: [" + want + "]\npayload \n",
		"explain":      text.String(),
		"explain JSON": object.String(),
		"quoted":       strings.Trim(string(quoted), `"`),
	} {
		got, err := ReadClient([]byte(log))
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
}

// TestReadClientKeepsWhatIsWrong: it is what explain is asked about.
func TestReadClientKeepsWhatIsWrong(t *testing.T) {
	for _, text := range []string{
		"get\n\na=1\nhost:a \n\thost\nUNSIGNED-PAYLOAD",
		"POST\n/a b\n\nhost:[::1]:80\nx:\"quoted\"\n\nhost;x\nSTREAMING-AWS4-HMAC-SHA256-PAYLOAD",
	} {
		got, err := ReadClient([]byte(text + "\n"))
		require.NoError(t, err)
		assert.Equal(t, text, got)
		got, err = ReadClient([]byte("* aws_sigv4: Canonical request (enclosed in []) - [" + text + "]\n* more\n"))
		require.NoError(t, err)
		assert.Equal(t, text, got)
	}
}

func TestReadClientRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{"", "\n\n", "GET", "GET / HTTP/1.1\nHost: a\n", "CanonicalRequest:\n", "{\n}\n", strings.Repeat("x", 65) + "\n/\n"} {
		got, err := ReadClient([]byte(text))
		assert.ErrorIs(t, err, ErrNoCanonicalRequest, "%q", text)
		assert.Empty(t, got)
	}
	_, err := ReadClient([]byte("GET\n" + strings.Repeat("/\n", maxClientLines+1)))
	assert.ErrorContains(t, err, "more than 1024 lines")
}

func TestPrintedByCurlIsTakenOfCurlAlone(t *testing.T) {
	want := specExample(t, "canonical-request")
	got, ok := PrintedByCurl([]byte("== Info: aws_sigv4: Canonical request (enclosed in []) - [" + want + "]\n=> Send header, 3 bytes (0x3)\n"))
	assert.True(t, ok)
	assert.Equal(t, want, got)
	for _, text := range []string{want, "CanonicalRequest:\n" + want} {
		_, ok := PrintedByCurl([]byte(text))
		assert.False(t, ok)
	}
}
