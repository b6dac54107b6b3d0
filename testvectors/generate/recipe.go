package main

import (
	"crypto/sha256"
	"fmt"
	"time"
)

const (
	clock     = "20260102T150405Z"
	region    = "test"
	service   = "vectors"
	timeStyle = "20060102T150405Z"
)

// The three canonical forms in which a verifier looks for a header-mode signature.
const (
	formRule       = "rule"         // path encoded again, query sorted
	formPathAsSent = "path-as-sent" // path as sent, query sorted
	formAsSent     = "as-sent"      // both as sent
)

// A recipe says what to send, how to sign it, and what the verifier knows. The hooks make
// requests that break one rule and are otherwise signed correctly.
type recipe struct {
	method, target string
	headers        []header // Host first; the protocol's own are added by sign
	body           string
	framing        string   // "", "length" or "chunked"
	http2          bool     // sent over HTTP/2, with the Host header's value in :authority
	unsigned       []string // lower-case names left out of SignedHeaders

	dialect     dialect
	keyID       string
	secret      string
	date        string // of the request
	nonce       string
	noNonce     bool   // the signature takes the nonce's place
	contentHash string // the content hash header; "" = none
	region      string
	service     string
	scopeDate   string // "" = the date's
	form        string

	presigned bool
	expires   string

	// The verifier's side.
	clock   string
	remote  string   // "" = 127.0.0.1
	claimed []string // "<key-id> <nonce>"
	// claimSignature: the store holds a claim of the signature, too.
	claimSignature bool
	// reusable: accepted, the request is accepted again.
	reusable bool

	signedTarget  string                     // signed in place of target
	edit          func(*wire)                // before signing
	list          func([]string) []string    // changes SignedHeaders
	params        func([]param) []param      // changes the presign parameters, before signing
	authorization func(authorization) string // writes the header in another way
	tamper        func(*wire)                // after signing
}

// newRecipe is the plain request that all others are made from. Its nonce follows from the name
// of the accepted case, so that all accepted cases can share one store.
func newRecipe(name string) *recipe {
	return &recipe{
		method:  "GET",
		target:  "/v1/orders",
		headers: []header{{name: "Host", value: "vectors.example"}},
		dialect: cs4,
		keyID:   keyBoth.ID,
		secret:  keyBoth.Secrets[0].Secret,
		date:    clock,
		nonce:   nonceFor(name),
		region:  region,
		service: service,
		form:    formRule,
		clock:   clock,
	}
}

// nonceFor looks like the random UUID that the SDK sends.
func nonceFor(name string) string {
	sum := sha256.Sum256([]byte("nonce of " + name))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// add appends a header, which is signed unless it is left out by name.
func (r *recipe) add(name, value string) {
	r.headers = append(r.headers, header{name: name, value: value})
}

// addUnsigned appends a header that SignedHeaders does not name.
func (r *recipe) addUnsigned(name, value string) {
	r.add(name, value)
	r.leaveUnsigned(name)
}

// send gives the request a body with a Content-Length.
func (r *recipe) send(method, body string) {
	r.method, r.body, r.framing = method, body, "length"
}

// signWith uses a key and the secret with that index.
func (r *recipe) signWith(k *key, secret int) {
	r.keyID, r.secret = k.ID, k.Secrets[secret].Secret
}

// presign moves the signature into the query.
func (r *recipe) presign(expires string) {
	r.presigned, r.expires = true, expires
}

// signedAgo sets the request's date that many seconds before the verifier's clock.
func (r *recipe) signedAgo(seconds int) {
	now, err := time.Parse(timeStyle, r.clock)
	if err != nil {
		panic(err)
	}
	r.date = now.Add(time.Duration(-seconds) * time.Second).Format(timeStyle)
}
