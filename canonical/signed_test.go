package canonical_test

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

const (
	testSecret = "cs_live_2tgja0t2rfjdkg9dd9w05x8r54gwybg49r5r7rwsq4ahkqe76nrgy2pmy9g"
	testKeyID  = "ck_live_7h2kq9m4x8wz3n5c"
	testDate   = "20261120T093000Z"
	testNonce  = "0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15"
	testBody   = `{"item":"book","quantity":2}`
	emptyHash  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

var (
	cs4Scope  = referenceScope{"CS4-HMAC-SHA256", "CS4", "cs4_request", "20261120", "live", "orders"}
	aws4Scope = referenceScope{"AWS4-HMAC-SHA256", "AWS4", "aws4_request", "20261120", "live", "orders"}
)

func (s referenceScope) headerPrefix() string {
	if s.prefix == "CS4" {
		return "X-Countersign-"
	}
	return "X-Amz-"
}

func (s referenceScope) credential() string { return testKeyID + "/" + s.String() }

// signedByHeader adds date, nonce and content hash to w and signs every header of it.
func signedByHeader(s referenceScope, w wire, form string) wire {
	hash := refHash(testBody)
	p := s.headerPrefix()
	w.headers = append(slices.Clone(w.headers), header{p + "Date", testDate}, header{p + "Nonce", testNonce},
		header{p + "Content-Sha256", hash})
	names := []string{"host"}
	for _, h := range w.headers {
		if name := strings.ToLower(h.name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	signedHeaders := strings.Join(names, ";")
	signature := refSign(s, testSecret, refStringToSign(s, testDate, refCanonical(w, form, signedHeaders, hash)))
	w.headers = append(w.headers, header{"Authorization",
		s.algorithm + " Credential=" + s.credential() + ", SignedHeaders=" + signedHeaders + ", Signature=" + signature})
	return w
}

// signedByQuery adds the parameters of a presigned request to w and signs host and every header.
func signedByQuery(s referenceScope, w wire) wire {
	p := s.headerPrefix()
	names := []string{"host"}
	for _, h := range w.headers {
		names = append(names, strings.ToLower(h.name))
	}
	slices.Sort(names)
	signedHeaders := strings.Join(slices.Compact(names), ";")
	separator := "?"
	if strings.Contains(w.target, "?") {
		separator = "&"
	}
	w.target += separator + p + "Algorithm=" + s.algorithm + "&" + p + "Credential=" + strings.ReplaceAll(s.credential(), "/", "%2F") +
		"&" + p + "Date=" + testDate + "&" + p + "Nonce=" + testNonce + "&" + p + "Expires=300&" +
		p + "SignedHeaders=" + strings.ReplaceAll(signedHeaders, ";", "%3B")
	request := refCanonical(w, "rule", signedHeaders, emptyHash)
	w.target += "&" + p + "Signature=" + refSign(s, testSecret, refStringToSign(s, testDate, request))
	return w
}

// message keeps the headers as net/http does.
func (w wire) message() *canonical.Message {
	m := &canonical.Message{Method: w.method, Target: w.target, Host: w.host, Header: map[string][]string{}}
	for _, h := range w.headers {
		name := http.CanonicalHeaderKey(h.name)
		m.Header[name] = append(m.Header[name], strings.Trim(h.value, " \t"))
	}
	return m
}

func (w wire) clone() wire {
	w.headers = slices.Clone(w.headers)
	return w
}

func (w *wire) add(name, value string) { w.headers = append(w.headers, header{name, value}) }

func (w *wire) remove(name string) {
	w.headers = slices.DeleteFunc(w.headers, func(h header) bool { return strings.EqualFold(h.name, name) })
}

// replace puts replacement for the first old in a header's value; both have to be there.
func (w *wire) replace(name, old, replacement string) {
	for i, h := range w.headers {
		if h.name == name && strings.Contains(h.value, old) {
			w.headers[i].value = strings.Replace(h.value, old, replacement, 1)
			return
		}
	}
	panic("no " + old + " in header " + name)
}

// retarget puts replacement for the first old in the request-target.
func (w *wire) retarget(old, replacement string) {
	if !strings.Contains(w.target, old) {
		panic("no " + old + " in " + w.target)
	}
	w.target = strings.Replace(w.target, old, replacement, 1)
}

// verify does what a verifier does with the bytes: it returns the form that the signature matches,
// or ok false where none does.
func verify(w wire, rules *canonical.Rules, bodyHash string) (form canonical.Form, ok bool, err error) {
	var r canonical.Request
	if err := r.Parse(w.message(), rules); err != nil {
		return 0, false, err
	}
	if r.KeyID != testKeyID {
		return 0, false, nil
	}
	if r.PayloadHash != "" {
		bodyHash = r.PayloadHash
	}
	want, err := hex.DecodeString(r.Signature)
	if err != nil {
		return 0, false, err
	}
	key := testKey.SigningKey(r.Dialect, r.Scope)
	for _, form := range r.Forms() {
		sum := key.Sum(r.AppendStringToSign(nil, r.AppendCanonical(nil, form, bodyHash)))
		if subtle.ConstantTimeCompare(sum[:], want) == 1 {
			return form, true, nil
		}
	}
	return 0, false, nil
}

var testKey = canonical.NewSecret(testSecret)

var post = wire{
	method: "POST", target: "/v1/orders/a%20b?tag=new&limit=10&tag=blue+sky", host: "api.example.com",
	headers: []header{{"Content-Type", "application/json"}, {"X-Label", "a   b"}, {"X-Label", "c"}},
}

var get = wire{method: "GET", target: "/v1/orders?limit=10", host: "api.example.com"}
