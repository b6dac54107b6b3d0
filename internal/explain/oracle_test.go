package explain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	testSecret = "a secret for these tests, not a real one"
	testHost   = "Api.example.com:8443"
	testNonce  = "0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15"
	testDate   = "20261120T093000Z"
)

// oracle signs, rightly or wrongly. It shares no code with the packages under test: its texts are
// written out by the tests.
type oracle struct {
	method, path, query string   // the canonical request's first lines
	lines               []string // "name:value" of signed headers
	names               string   // SignedHeaders
	hash                string
	separator           string // between headers and SignedHeaders
	end                 string // of the canonical request

	algorithm, date, day, region, service, terminator string
	toSignEnd                                         string
	hashAs                                            func(string) string // of the canonical request
	lineEnd                                           string

	prefix, secret, keyDay string
	handOn                 func([]byte) []byte // from one step of the key to the next
}

func oracleHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func oracleMAC(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func (o *oracle) canonical() string {
	text := o.method + "\n" + o.path + "\n" + o.query + "\n" + strings.Join(o.lines, "\n") + o.separator + o.names + "\n" + o.hash + o.end
	return strings.ReplaceAll(text, "\n", o.lineEnd)
}

func (o *oracle) signature() string {
	scope := strings.Join([]string{o.day, o.region, o.service, o.terminator}, "/")
	text := strings.ReplaceAll(o.algorithm+"\n"+o.date+"\n"+scope+"\n"+o.hashAs(oracleHash(o.canonical()))+o.toSignEnd, "\n", o.lineEnd)
	key := []byte(o.prefix + o.secret)
	for _, part := range []string{o.keyDay, o.region, o.service, o.terminator} {
		key = o.handOn(oracleMAC(key, part))
	}
	return hex.EncodeToString(oracleMAC(key, text))
}

// set replaces the line of a signed header.
func (o *oracle) set(name, value string) {
	for i := range o.lines {
		if strings.HasPrefix(o.lines[i], name+":") {
			o.lines[i] = name + ":" + value
		}
	}
}

// request is a request as it is sent, and how its right signature is made.
type request struct {
	target, path, query string // path and query in canonical form; "/" and "" if left out
	header              string // more lines; those that begin with "-" are not signed
	signed              string // their canonical "name:value" lines
	body                string
	method              string // POST if left out
}

// wire returns the request as it goes over the wire, signed over what the oracle has when other is
// done with it.
func (r request) wire(t testing.TB, other func(o *oracle)) string {
	t.Helper()
	if r.target == "" {
		r.target = "/"
	}
	if r.path == "" {
		r.path = "/"
	}
	if r.method == "" {
		r.method = "POST"
	}
	lines := []string{"host:" + testHost, "x-countersign-date:" + testDate, "x-countersign-nonce:" + testNonce}
	for line := range strings.Lines(r.signed) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	slices.SortFunc(lines, func(a, b string) int { // by name: "-" sorts before the ":"
		nameA, _, _ := strings.Cut(a, ":")
		nameB, _, _ := strings.Cut(b, ":")
		return strings.Compare(nameA, nameB)
	})
	var names []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, name)
	}
	same := func(text string) string { return text }
	o := &oracle{
		method: r.method, path: r.path, query: r.query, lines: lines, names: strings.Join(names, ";"), hash: oracleHash(r.body),
		separator: "\n\n", lineEnd: "\n", hashAs: same,
		algorithm: "CS4-HMAC-SHA256", date: testDate, day: "20261120", region: "live", service: "orders", terminator: "cs4_request",
		prefix: "CS4", secret: testSecret, keyDay: "20261120", handOn: func(key []byte) []byte { return key },
	}
	sentNames := o.names
	if _, declared, found := strings.Cut(r.header, "X-Countersign-Content-Sha256: "); found {
		o.hash = declared[:64]
	}
	if other != nil {
		other(o)
	}
	header := ""
	for line := range strings.Lines(r.header) {
		header += strings.TrimPrefix(line, "-")
	}
	length := ""
	if r.body != "" {
		length = fmt.Sprintf("Content-Length: %d\n", len(r.body))
	}
	head := fmt.Sprintf("%s %s HTTP/1.1\nHost: %s\nX-Countersign-Date: %s\nX-Countersign-Nonce: %s\n%s%s"+
		"Authorization: CS4-HMAC-SHA256 Credential=ck/20261120/live/orders/cs4_request, SignedHeaders=%s, Signature=%s\n\n",
		r.method, r.target, testHost, testDate, testNonce, length, header, sentNames, o.signature())
	return strings.ReplaceAll(head, "\n", "\r\n") + r.body
}

func read(t testing.TB, text string) *Input {
	t.Helper()
	in, err := Read([]byte(text))
	require.NoError(t, err)
	return in
}
