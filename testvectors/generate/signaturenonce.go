package main

import (
	"fmt"
	"slices"
	"strings"
)

func signatureNonceVectors() []vector {
	return slices.Concat(acceptedSignatureNonces(), refusedSignatureNonces(), replayedSignatures())
}

// withoutNonce makes an AWS4 request of the key that may leave out the nonce.
func withoutNonce(r *recipe) {
	r.dialect = aws4
	r.signWith(keySignatureNonce, 0)
	r.noNonce = true
}

func acceptedSignatureNonces() []vector {
	return []vector{
		accept("nonce/signature", "This key may leave out the nonce: the signature takes its place.", withoutNonce),
		accept("nonce/signature-query", "The same of a request with a query.", func(r *recipe) {
			withoutNonce(r)
			r.target = "/v1/orders?b=2&a=1"
		}),
		accept("nonce/signature-of-another-key-claimed",
			"Another key has claimed the same signature: that is another claim.", func(r *recipe) {
				withoutNonce(r)
				r.target = "/v1/orders?other=1"
				r.claimed = []string{keyBoth.ID + " " + r.sign().signature}
			}),
		accept("nonce/signature-not-used",
			"This key may leave out the nonce and does not: the nonce is what is claimed, and a claim of the signature does not matter.", func(r *recipe) {
				r.dialect = aws4
				r.signWith(keySignatureNonce, 0)
				r.claimSignature = true
			}),
		accept("nonce/signature-not-used-in-cs4", "This key signs in CS4, with a nonce.", func(r *recipe) {
			r.signWith(keySignatureNonce, 0)
		}),
		accept("presigned/signature-as-nonce",
			"A presigned URL without a nonce, of the key that may leave it out.", func(r *recipe) {
				withoutNonce(r)
				r.presign("300")
			}),
	}
}

func refusedSignatureNonces() []vector {
	by := func(k *key) func(*recipe) { return func(r *recipe) { r.signWith(k, 0) } }
	swapped := func(k *key) func(*recipe) {
		return func(r *recipe) {
			r.authorization = func(a authorization) string {
				return strings.Replace(a.String(), keySignatureNonce.ID, k.ID, 1)
			}
		}
	}
	names := func(name string) func(*recipe) {
		return func(r *recipe) {
			r.list = func(names []string) []string {
				names = append(names, name)
				slices.Sort(names)
				return names
			}
		}
	}
	return []vector{
		refuse("nonce/signature-not-allowed", "nonce/signature", "missing_header",
			"Another key signs, correctly, which may not leave out the nonce.", by(keyBoth)),
		refuse("nonce/signature-not-allowed-forged", "nonce/signature", "signature_mismatch",
			"The key id becomes one that may not leave out the nonce, after signing: what that key may is told only to who can sign as it.", swapped(keyBoth)),
		refuse("nonce/signature-unknown-key", "nonce/signature", "unknown_key",
			"No such key signs.", by(keyUnknown)),
		refuse("nonce/signature-key-dialect", "nonce/signature", "key_dialect",
			"A key signs that may use CS4 alone.", by(keyCS4)),
		refuse("nonce/signature-in-cs4", "nonce/signature-not-used-in-cs4", "missing_header",
			"The nonce is left out in CS4, where no key may.", func(r *recipe) { r.noNonce = true }),
		refuse("nonce/signature-altered", "nonce/signature", "signature_mismatch",
			"The path is changed after signing.", func(r *recipe) { r.tamper = func(w *wire) { w.target = "/v1/ordert" } }),
		refuse("nonce/signature-nonce-unsigned", "nonce/signature-not-used", "unsigned_header",
			"The nonce header is sent, and SignedHeaders does not name it.", func(r *recipe) { r.leaveUnsigned("x-amz-nonce") }),
		refuse("nonce/signature-nonce-added", "nonce/signature", "unsigned_header",
			"A nonce header is added after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.add("X-Amz-Nonce", "0123456789abcdef") }
			}),
		refuse("nonce/signature-nonce-removed", "nonce/signature-not-used", "missing_header",
			"The nonce header is removed after signing.", func(r *recipe) { r.tamper = func(w *wire) { w.remove("X-Amz-Nonce") } }),
		refuse("nonce/signature-nonce-named", "nonce/signature", "missing_header",
			"SignedHeaders names a nonce header that is not there, signed as empty.", names("x-amz-nonce")),
		refuse("nonce/signature-nonce-empty", "nonce/signature-not-used", "bad_nonce",
			"The nonce header is empty: that is not leaving it out.", func(r *recipe) { r.nonce = "" }),
		refuse("nonce/signature-nonce-of-other-dialect", "nonce/signature", "mixed_modes",
			"The other dialect's nonce header is added, signed.", with("X-Countersign-Nonce", "0123456789abcdef")),
		refuse("presigned/signature-as-nonce-not-allowed", "presigned/signature-as-nonce", "missing_header",
			"Another key signs, correctly, which may not leave out the nonce.", by(keyBoth)),
		refuse("presigned/signature-as-nonce-name-case", "presigned/signature-as-nonce", "bad_query",
			"A nonce parameter is sent whose name is in lower case: that is not leaving it out.", func(r *recipe) {
				r.params = func(params []param) []param { return append(params, param{"X-Amz-nonce", "0123456789abcdef"}) }
			}),
		refuse("presigned/signature-as-nonce-altered", "presigned/signature-as-nonce", "signature_mismatch",
			"The path is changed after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target = strings.Replace(w.target, "/orders", "/users", 1) }
			}),
	}
}

// replayedSignatures are spellings of one request, whose signature is claimed.
func replayedSignatures() []vector {
	claimed := func(r *recipe) { r.claimSignature = true }
	claimedAnd := func(tamper func(*wire)) func(*recipe) {
		return func(r *recipe) { r.claimSignature, r.tamper = true, tamper }
	}
	return []vector{
		refuse("nonce/signature-replayed", "nonce/signature", "replayed",
			"The key has claimed the signature.", claimed),
		refuse("nonce/signature-replayed-reordered", "nonce/signature-query", "replayed",
			"The key has claimed the signature; the query is sent in another order, which it does not bind.", claimedAnd(func(w *wire) { w.target = "/v1/orders?a=1&b=2" })),
		refuse("nonce/signature-nonce-replayed", "nonce/signature-not-used", "replayed",
			"The key has claimed the nonce, which is sent though this key may leave it out.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
			}),
		refuse("presigned/signature-as-nonce-replayed", "presigned/signature-as-nonce", "replayed",
			"The key has claimed the signature.", claimed),
		refuse("presigned/signature-as-nonce-replayed-escaped", "presigned/signature-as-nonce", "replayed",
			"The key has claimed the signature, whose first digit is escaped in the URL.", claimedAnd(escapeSignature)),
	}
}

// escapeSignature writes the first digit of a presigned URL's signature as an escape.
func escapeSignature(w *wire) {
	at := strings.LastIndex(w.target, "=") + 1
	w.target = w.target[:at] + fmt.Sprintf("%%%02X", w.target[at]) + w.target[at+1:]
}
