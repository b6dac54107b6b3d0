package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// received is a request as it came over the wire.
type received struct {
	method, target, host string
	lines                [][2]string // header lines in wire order, names in lower case
	body                 string
}

func (r *received) header(name string) (values []string) {
	for _, line := range r.lines {
		if line[0] == name {
			values = append(values, line[1])
		}
	}
	return values
}

// oracleSignatures returns the signature that a received request carries and the one that it
// should. It is written from the protocol's description, and shares no code with what it checks.
func oracleSignatures(t *testing.T, r *received, secret string) (carried, expected string) {
	authorization := r.header("authorization")
	require.Len(t, authorization, 1)
	algorithm, fields, _ := strings.Cut(authorization[0], " ")
	parts := strings.Split(fields, ", ")
	require.Len(t, parts, 3)
	credential := strings.Split(strings.TrimPrefix(parts[0], "Credential="), "/")
	require.Len(t, credential, 5)
	prefix := map[string]string{"CS4-HMAC-SHA256": "x-countersign-", "AWS4-HMAC-SHA256": "x-amz-"}[algorithm]
	require.NotEmpty(t, prefix)
	path, query, _ := strings.Cut(r.target, "?")
	bodyHash := sha256.Sum256([]byte(r.body))
	require.Equal(t, []string{hex.EncodeToString(bodyHash[:])}, r.header(prefix+"content-sha256"))
	signedHeaders := strings.TrimPrefix(parts[1], "SignedHeaders=")
	carried = strings.TrimPrefix(parts[2], "Signature=")
	expected = oracleSign(r, oraclePieces{
		algorithm: algorithm, scope: credential[1:], date: r.header(prefix + "date")[0],
		path: path, query: query, signedHeaders: signedHeaders,
	}, secret)
	return carried, expected
}

type oraclePieces struct {
	algorithm                        string
	scope                            []string
	date, path, query, signedHeaders string
}

func oracleSign(r *received, p oraclePieces, secret string) string {
	var canonical strings.Builder
	canonical.WriteString(r.method + "\n" + oracleEscape(p.path, "/") + "\n" + oracleQuery(p.query) + "\n")
	for _, name := range strings.Split(p.signedHeaders, ";") {
		values := r.header(name)
		if name == "host" {
			values = []string{r.host}
		}
		for i, value := range values {
			value = strings.Trim(value, " \t")
			for strings.Contains(value, "  ") {
				value = strings.ReplaceAll(value, "  ", " ")
			}
			values[i] = value
		}
		canonical.WriteString(name + ":" + strings.Join(values, ",") + "\n")
	}
	bodyHash := sha256.Sum256([]byte(r.body))
	canonical.WriteString("\n" + p.signedHeaders + "\n" + hex.EncodeToString(bodyHash[:]))
	requestHash := sha256.Sum256([]byte(canonical.String()))
	toSign := p.algorithm + "\n" + p.date + "\n" + strings.Join(p.scope, "/") + "\n" + hex.EncodeToString(requestHash[:])
	key := []byte(strings.TrimSuffix(p.algorithm, "-HMAC-SHA256") + secret)
	for _, step := range append(slices.Clone(p.scope), toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(step))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

func oracleQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs [][2]string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		if strings.HasSuffix(name, "-Signature") && strings.HasPrefix(name, "X-") {
			continue
		}
		pairs = append(pairs, [2]string{oracleEscape(name, ""), oracleEscape(value, "")})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if order := strings.Compare(a[0], b[0]); order != 0 {
			return order
		}
		return strings.Compare(a[1], b[1])
	})
	var encoded []string
	for _, pair := range pairs {
		encoded = append(encoded, pair[0]+"="+pair[1])
	}
	return strings.Join(encoded, "&")
}

func oracleEscape(s, keep string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"+keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
