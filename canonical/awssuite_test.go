package canonical

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// suiteRefused lists the cases of the AWS signing test suite that our rules refuse, by the rule.
var suiteRefused = map[string]string{
	"get-relative-normalized":              "dot segment",
	"get-relative-relative-normalized":     "dot segment",
	"get-relative-relative-unnormalized":   "dot segment",
	"get-relative-unnormalized":            "dot segment",
	"get-slash-dot-slash-normalized":       "dot segment",
	"get-slash-dot-slash-unnormalized":     "dot segment",
	"get-slash-pointless-dot-normalized":   "dot segment",
	"get-slash-pointless-dot-unnormalized": "dot segment",
	"get-slash-normalized":                 "empty segment",
	"get-slash-unnormalized":               "empty segment",
	"get-slashes-normalized":               "empty segment",
	"get-slashes-unnormalized":             "empty segment",
	"get-space-normalized":                 "raw space in the target",
	"get-space-unnormalized":               "raw space in the target",
	"get-utf8":                             "raw UTF-8 in the target",
	"get-vanilla-utf8-query":               "raw UTF-8 in the target",
	"post-sts-header-after":                "X-Amz name added after signing",
}

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

type suiteContext struct {
	Credentials struct {
		Secret string `json:"secret_access_key"`
	} `json:"credentials"`
}

// TestAWSSigningTestSuite runs AWS's published vectors: for every case that our target rules admit,
// the published canonical request, string to sign and signature, in header and query form.
func TestAWSSigningTestSuite(t *testing.T) {
	root := testneed.Suite(t)
	cases, err := os.ReadDir(root)
	require.NoError(t, err)
	require.Greater(t, len(cases), 30)
	ran := 0
	for _, entry := range cases {
		if !entry.IsDir() {
			continue
		}
		dir := filepath.Join(root, entry.Name())
		t.Run(entry.Name(), func(t *testing.T) {
			for _, mode := range []string{"header", "query"} {
				r, err := suiteRequest(t, dir, mode)
				if rule, refused := suiteRefused[entry.Name()]; refused {
					// A parameter added after signing has no rule of its own: the signature fails.
					bound := err == nil && string(r.AppendCanonical(nil, RuleForm, emptyHash)) == readSuite(t, dir, mode+"-canonical-request.txt")
					assert.False(t, bound, "our rules refuse this case: %s", rule)
					continue
				}
				require.NoError(t, err)
				checkSuiteCase(t, dir, mode, r)
				ran++
			}
		})
	}
	assert.Equal(t, 2*(len(cases)-len(suiteRefused)), ran)
}

// suiteRequest parses one signed request of the suite, without asking for a nonce: the suite knows
// none, and asking is the verifier's policy.
func suiteRequest(t *testing.T, dir, mode string) (*Request, error) {
	raw := readSuite(t, dir, mode+"-signed-request.txt")
	line, rest, _ := strings.Cut(raw, "\n")
	method, target, _ := strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
	parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " / HTTP/1.1\n" + rest + "\n\n")))
	require.NoError(t, err)
	m := &Message{Method: method, Target: target, Host: parsed.Host, Header: parsed.Header}

	r := &Request{Dialect: AWS4, Mode: HeaderMode}
	if err := r.parseTarget(m, &Rules{}, Limits{}.withDefaults()); err != nil {
		return nil, err
	}
	if err := r.scan.scan(m, &Rules{}, Limits{}.withDefaults()); err != nil {
		return nil, err
	}
	if mode == "header" {
		a, err := ParseAuthorization(m.Header["Authorization"][0])
		require.NoError(t, err)
		r.Scope, r.SignedHeaders, r.Signature = a.Scope, a.SignedHeaders, a.Signature
		r.Date = m.Header["X-Amz-Date"][0]
	} else {
		r.Mode = PresignedMode
		p, err := r.collectPresigned()
		require.NoError(t, err)
		_, r.Scope, err = parseCredential(p[presignedCredential].value, AWS4)
		require.NoError(t, err)
		r.SignedHeaders, r.Signature, r.Date = p[presignedSignedHeaders].value, p[presignedSignature].value, p[presignedDate].value
	}
	if err := r.parseSignedHeaders(m); err != nil {
		return nil, err
	}
	if err := r.checkSigned(&Rules{}); err != nil {
		return nil, err
	}
	r.chooseForms()
	return r, nil
}

func checkSuiteCase(t *testing.T, dir, mode string, r *Request) {
	var context suiteContext
	require.NoError(t, json.Unmarshal([]byte(readSuite(t, dir, "context.json")), &context))
	published := readSuite(t, dir, mode+"-canonical-request.txt")
	payloadHash := published[strings.LastIndexByte(published, '\n')+1:]

	request := r.AppendCanonical(nil, RuleForm, payloadHash)
	assert.Equal(t, published, string(request))
	toSign := r.AppendStringToSign(nil, request)
	assert.Equal(t, readSuite(t, dir, mode+"-string-to-sign.txt"), string(toSign))
	signature := NewSecret(context.Credentials.Secret).SigningKey(AWS4, r.Scope).Sum(toSign)
	assert.Equal(t, readSuite(t, dir, mode+"-signature.txt"), hex.EncodeToString(signature[:]))
	assert.Equal(t, r.Signature, hex.EncodeToString(signature[:]))
}

func readSuite(t *testing.T, dir, name string) string {
	content, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(bytes.TrimSuffix(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\n")))
}
