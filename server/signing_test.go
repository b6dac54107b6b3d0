package server_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signing is a request to be signed, and how. What it makes shares no code with the packages under
// test: it is the oracle.
type signing struct {
	aws          bool // the AWS4 dialect
	method       string
	target, host string
	headers      []string // "Name: value" lines besides the protocol's own
	body         string
	chunked      bool
	hash         string // the content hash header: "" none, "body" the body's own, else a literal
	keyID        string
	secret       string
	at           time.Time
	nonce        string // "" means none
	region       string
	service      string
	scopeDate    string   // "" means the date of at
	unsigned     []string // lower-case names that are not signed
	expires      int      // seconds; presigned if not 0
	form         string   // "" the rule, "path-as-sent", "as-sent"
}

// noon is the tests' idea of now.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

const (
	testKeyID  = "ck_live_0123456789abcdef"
	testSecret = "cs_live_the-secret-of-the-tests-which-is-long-enough"
)

var nonceCount atomic.Int64

// newSigning returns a GET that is fine in every respect, with a fresh nonce.
func newSigning() signing {
	return signing{
		method: "GET", target: "/v1/orders?limit=10&after=x", host: "api.example",
		keyID: testKeyID, secret: testSecret, at: noon, region: "live", service: "orders",
		nonce: fmt.Sprintf("nonce-of-the-tests-%08d", nonceCount.Add(1)),
	}
}

// newPost returns a POST with a body and its hash.
func newPost(body string) signing {
	s := newSigning()
	s.method, s.body, s.hash = "POST", body, "body"
	s.headers = []string{"Content-Type: application/json"}
	return s
}

func (s signing) names() (token, keyPrefix, terminator, prefix string) {
	if s.aws {
		return "AWS4-HMAC-SHA256", "AWS4", "aws4_request", "X-Amz-"
	}
	return "CS4-HMAC-SHA256", "CS4", "cs4_request", "X-Countersign-"
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// lines returns the request line and header lines, signed.
func (s signing) lines() []string {
	lines, _, _ := s.sign()
	return lines
}

// texts returns the canonical request and the string to sign.
func (s signing) texts() (canonical, toSign string) {
	_, canonical, toSign = s.sign()
	return canonical, toSign
}

var spaces = regexp.MustCompile(` +`)

func (s signing) sign() (lines []string, canonical, toSign string) {
	_, _, _, prefix := s.names()
	date := s.at.UTC().Format("20060102T150405Z")
	headers := []string{"Host: " + s.host}
	hash := s.hash
	if hash == "body" {
		hash = sha256Hex(s.body)
	}
	if s.expires == 0 {
		headers = append(headers, prefix+"Date: "+date)
		if s.nonce != "" {
			headers = append(headers, prefix+"Nonce: "+s.nonce)
		}
		if hash != "" {
			headers = append(headers, prefix+"Content-Sha256: "+hash)
		}
	}
	headers = append(headers, s.headers...)
	values := map[string][]string{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		value = spaces.ReplaceAllString(strings.Trim(value, " \t"), " ")
		name = strings.ToLower(name)
		values[name] = append(values[name], value)
	}
	for _, name := range s.unsigned {
		delete(values, name)
	}
	var signed []string
	for name := range values {
		signed = append(signed, name)
	}
	sort.Strings(signed)
	list := strings.Join(signed, ";")
	text := ""
	for _, name := range signed {
		text += name + ":" + strings.Join(values[name], ",") + "\n"
	}
	token, _, terminator, _ := s.names()
	scope := strings.Join([]string{s.scopeDate, s.region, s.service, terminator}, "/")
	if s.scopeDate == "" {
		scope = date[:8] + scope
	}
	target := s.target
	if s.expires != 0 {
		target += map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")]
		target += prefix + "Algorithm=" + token + "&" + prefix + "Credential=" + url.QueryEscape(s.keyID+"/"+scope) +
			"&" + prefix + "Date=" + date + "&" + prefix + "Expires=" + fmt.Sprint(s.expires) +
			"&" + prefix + "SignedHeaders=" + url.QueryEscape(list)
		if s.nonce != "" {
			target += "&" + prefix + "Nonce=" + s.nonce
		}
		if hash != "" {
			target += "&" + prefix + "Content-Sha256=" + hash
		}
	}
	if hash == "" {
		hash = sha256Hex(s.body)
	}
	path, query, _ := strings.Cut(target, "?")
	if s.form == "" {
		path = oraclePath(path)
	}
	if s.form != "as-sent" {
		query = oracleQuery(query)
	}
	canonical = s.method + "\n" + path + "\n" + query + "\n" + text + "\n" + list + "\n" + hash
	toSign = token + "\n" + date + "\n" + scope + "\n" + sha256Hex(canonical)
	signature := hex.EncodeToString(hmacSHA256(s.signingKey(), toSign))
	if s.expires != 0 {
		target += "&" + prefix + "Signature=" + signature
	} else {
		headers = append(headers, "Authorization: "+token+" Credential="+s.keyID+"/"+scope+", SignedHeaders="+list+", Signature="+signature)
	}
	return append([]string{s.method + " " + target + " HTTP/1.1"}, headers...), canonical, toSign
}

func (s signing) signingKey() []byte {
	_, keyPrefix, terminator, _ := s.names()
	day := s.scopeDate
	if day == "" {
		day = s.at.UTC().Format("20060102")
	}
	key := []byte(keyPrefix + s.secret)
	for _, part := range []string{day, s.region, s.service, terminator} {
		key = hmacSHA256(key, part)
	}
	return key
}

// signature returns the signature that lines carry.
func (s signing) signature() string {
	return regexp.MustCompile(`Signature=([0-9a-f]{64})`).FindStringSubmatch(strings.Join(s.lines(), "\n"))[1]
}

const oracleUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

func oraclePath(path string) string {
	text := ""
	for _, c := range []byte(path) {
		if c == '/' || strings.IndexByte(oracleUnreserved, c) >= 0 {
			text += string(rune(c))
		} else {
			text += fmt.Sprintf("%%%02X", c)
		}
	}
	return text
}

func oracleQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs [][2]string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		for _, part := range []*string{&name, &value} {
			plain, err := url.QueryUnescape(*part)
			if err != nil {
				panic(err)
			}
			*part = strings.ReplaceAll(url.QueryEscape(plain), "+", "%20")
		}
		pairs = append(pairs, [2]string{name, value})
	}
	sort.Slice(pairs, func(i, j int) bool {
		if pairs[i][0] != pairs[j][0] {
			return pairs[i][0] < pairs[j][0]
		}
		return pairs[i][1] < pairs[j][1]
	})
	var text []string
	for _, pair := range pairs {
		text = append(text, pair[0]+"="+pair[1])
	}
	return strings.Join(text, "&")
}

// raw returns the request as it goes over an HTTP/1.1 connection.
func (s signing) raw() []byte { return s.rawWith(s.lines()) }

// rawWith frames the body behind lines.
func (s signing) rawWith(lines []string) []byte {
	body := s.body
	switch {
	case s.chunked:
		lines = append(lines, "Transfer-Encoding: chunked")
		half := len(body) / 2
		body = ""
		for _, chunk := range []string{s.body[:half], s.body[half:]} {
			if chunk != "" {
				body += fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
			}
		}
		body += "0\r\n\r\n"
	case body != "":
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

// request returns the request as a server received it.
func (s signing) request(t testing.TB) *http.Request { return readRequest(t, s.raw()) }

func readRequest(t testing.TB, raw []byte) *http.Request {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	require.NoError(t, err)
	req.RemoteAddr = "192.0.2.7:4711"
	return req
}

// edit returns the request with old replaced by new in what goes over the wire, after signing.
func (s signing) edit(t testing.TB, old, new string) *http.Request {
	t.Helper()
	raw := s.raw()
	require.Contains(t, string(raw), old)
	return readRequest(t, bytes.Replace(raw, []byte(old), []byte(new), 1))
}
