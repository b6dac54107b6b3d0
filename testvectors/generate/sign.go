package main

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// An authorization is what the Authorization header says.
type authorization struct {
	token, credential, signedHeaders, signature string
}

func (a authorization) String() string {
	return a.token + " Credential=" + a.credential + ", SignedHeaders=" + a.signedHeaders + ", Signature=" + a.signature
}

// A param is one presign parameter, its value not yet escaped.
type param struct{ name, value string }

// A signed is a request on the wire with what was computed on the way.
type signed struct {
	wire             *wire
	canonicalRequest string
	signature        string
}

// defaultUnsigned are headers that hops add or rewrite, so that no signer signs them.
var defaultUnsigned = []string{
	"connection", "content-length", "expect", "trailer", "transfer-encoding", "user-agent", "x-forwarded-for",
}

func (r *recipe) leaveUnsigned(name string) {
	r.unsigned = append(r.unsigned, strings.ToLower(name))
}

// sign makes the request that the recipe describes.
func (r *recipe) sign() signed {
	w := r.unsignedWire()
	if !r.presigned {
		r.addProtocolHeaders(w)
	}
	r.addFraming(w)
	if r.edit != nil {
		r.edit(w)
	}
	names := r.signedHeaders(w)
	a := authorization{
		token:         r.dialect.token,
		credential:    r.keyID + "/" + r.scope(),
		signedHeaders: strings.Join(names, ";"),
	}
	if r.presigned {
		r.addParams(w, a)
	}

	path, query := r.canonicalTarget(w.target)
	request := canonicalRequest(w.method, path, query, w.headers, names, r.payloadHash())
	key := signingKey(r.dialect, r.secret, r.date8(), r.region, r.service, r.dialect.terminator)
	a.signature = hex.EncodeToString(hmacSHA256(key, stringToSign(r.dialect, r.date, r.scope(), request)))

	switch {
	case r.presigned:
		w.target += "&" + r.dialect.headerPrefix + "Signature=" + a.signature
	case r.authorization != nil:
		w.add("Authorization", r.authorization(a))
	default:
		w.add("Authorization", a.String())
	}
	if r.tamper != nil {
		r.tamper(w)
	}
	return signed{wire: w, canonicalRequest: request, signature: a.signature}
}

func (r *recipe) unsignedWire() *wire {
	return &wire{method: r.method, target: r.target, headers: slices.Clone(r.headers), http2: r.http2}
}

func (r *recipe) addProtocolHeaders(w *wire) {
	w.add(r.dialect.headerPrefix+"Date", r.date)
	if !r.noNonce {
		w.add(r.dialect.headerPrefix+"Nonce", r.nonce)
	}
	if r.contentHash != "" {
		w.add(r.dialect.headerPrefix+"Content-Sha256", r.contentHash)
	}
}

func (r *recipe) addFraming(w *wire) {
	switch r.framing {
	case "length":
		w.add("Content-Length", strconv.Itoa(len(r.body)))
		w.body = r.body
	case "chunked":
		w.add("Transfer-Encoding", "chunked")
		w.body = chunk(r.body)
	}
}

// signedHeaders names every header that stands on the wire now, but for the exceptions.
func (r *recipe) signedHeaders(w *wire) []string {
	var names []string
	for _, h := range w.headers {
		name := strings.ToLower(h.name)
		if !slices.Contains(defaultUnsigned, name) && !slices.Contains(r.unsigned, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if r.list != nil {
		names = r.list(names)
	}
	return names
}

func (r *recipe) addParams(w *wire, a authorization) {
	prefix := r.dialect.headerPrefix
	params := []param{
		{prefix + "Algorithm", a.token},
		{prefix + "Credential", a.credential},
		{prefix + "Date", r.date},
		{prefix + "Expires", r.expires},
		{prefix + "SignedHeaders", a.signedHeaders},
	}
	if !r.noNonce {
		params = slices.Insert(params, 4, param{prefix + "Nonce", r.nonce})
	}
	if r.contentHash != "" {
		params = append(params, param{prefix + "Content-Sha256", r.contentHash})
	}
	if r.params != nil {
		params = r.params(params)
	}
	separator := "?"
	if strings.Contains(w.target, "?") {
		separator = "&"
	}
	for _, p := range params {
		w.target += separator + p.name + "=" + percentEncode(p.value, "")
		separator = "&"
	}
}

// canonicalTarget returns path and query in the form that the recipe asks for.
func (r *recipe) canonicalTarget(target string) (path, query string) {
	if r.signedTarget != "" {
		target = r.signedTarget
	}
	path, query, _ = strings.Cut(target, "?")
	if r.form == formRule {
		path = canonicalPath(path)
	}
	if r.form != formAsSent {
		query = canonicalQuery(query, r.dialect.headerPrefix+"Signature")
	}
	return path, query
}

func (r *recipe) payloadHash() string {
	if r.contentHash != "" {
		return r.contentHash
	}
	return sha256Hex(r.body)
}

func (r *recipe) scope() string {
	return strings.Join([]string{r.date8(), r.region, r.service, r.dialect.terminator}, "/")
}

// date8 is the date in the credential scope.
func (r *recipe) date8() string {
	if r.scopeDate != "" {
		return r.scopeDate
	}
	return r.date[:8]
}
