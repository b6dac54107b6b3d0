package main

import "strings"

func nonceVectors() []vector {
	nonce := func(nonce string) func(*recipe) { return func(r *recipe) { r.nonce = nonce } }
	return []vector{
		accept("nonce/shortest", "A nonce of 16 characters.", nonce("abcdefghijklmnop")),
		accept("nonce/longest", "A nonce of 128 characters.", nonce(strings.Repeat("0123456789abcdef", 8))),
		accept("nonce/all-characters", "Every character that a nonce may hold.", nonce(unreserved)),
		accept("nonce/claimed-by-another-key",
			"Another key has claimed the nonce: that is another claim.", func(r *recipe) {
				r.claimed = []string{keyCS4.ID + " " + r.nonce}
			}),
		accept("nonce/claimed-in-other-case",
			"The same letters in upper case are claimed: that is another nonce.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + strings.ToUpper(r.nonce)}
			}),
		accept("nonce/other-claimed",
			"The key has claimed other nonces, one of which starts as this one does.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce + "0", r.keyID + " " + r.nonce[:20]}
			}),

		refuse("nonce/too-short", "nonce/shortest", "bad_nonce",
			"A nonce of 15 characters.", nonce("abcdefghijklmno")),
		refuse("nonce/too-long", "nonce/longest", "bad_nonce",
			"A nonce of 129 characters.", nonce(strings.Repeat("0123456789abcdef", 8)+"0")),
		refuse("nonce/empty", "path/plain", "bad_nonce", "The nonce header is empty.", nonce("")),
		refuse("nonce/slash", "nonce/shortest", "bad_nonce",
			"The nonce holds a slash, as base64 does.", nonce("abcdefghijklmno/")),
		refuse("nonce/equals-sign", "nonce/shortest", "bad_nonce",
			"The nonce holds an equals sign, as base64 does.", nonce("abcdefghijklmno=")),
		refuse("nonce/percent-sign", "nonce/shortest", "bad_nonce",
			"The nonce holds an escape.", nonce("abcdefghijklm%6E")),
		refuse("nonce/space", "nonce/shortest", "bad_nonce", "The nonce holds a space.", nonce("abcdefgh ijklmnop")),
		refuse("nonce/joined", "nonce/shortest", "bad_nonce",
			"The nonce header holds two nonces, joined with a comma.", nonce("abcdefghijklmnop,qrstuvwxyzabcdef")),
		refuse("nonce/quoted", "nonce/shortest", "bad_nonce",
			"The nonce stands in quotation marks.", nonce(`"abcdefghijklmnop"`)),
		refuse("nonce/braces", "nonce/shortest", "bad_nonce",
			"The nonce is a UUID in braces.", nonce("{0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15}")),
		refuse("nonce/encoded-word", "nonce/shortest", "bad_nonce",
			"The nonce is an encoded word of mail headers.", nonce("=?utf-8?q?abcdefghijklmnop?=")),
		refuse("nonce/not-ascii", "nonce/shortest", "bad_nonce",
			"The nonce holds a letter outside ASCII.", nonce("abcdefghijklmnopé")),
		refuse("nonce/altered", "path/plain", "signature_mismatch",
			"The nonce is changed after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.set("X-Countersign-Nonce", "0123456789abcdef") }
			}),
		refuse("nonce/replayed", "path/plain", "replayed", "The key has claimed the nonce.", func(r *recipe) {
			r.claimed = []string{r.keyID + " " + r.nonce}
		}),
		refuse("nonce/replayed-with-spaces", "path/plain", "replayed",
			"The key has claimed the nonce, which is sent with spaces and tabs around it: they are not part of the value.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
				r.tamper = func(w *wire) { w.set("X-Countersign-Nonce", " \t"+r.nonce+" \t ") }
			}),
		refuse("nonce/replayed-name-case", "path/plain", "replayed",
			"The key has claimed the nonce, whose header's name is sent in upper case.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
				r.tamper = func(w *wire) {
					w.remove("X-Countersign-Nonce")
					w.add("X-COUNTERSIGN-NONCE", r.nonce)
				}
			}),
		refuse("nonce/altered-case", "path/plain", "signature_mismatch",
			"The nonce is set in upper case after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.set("X-Countersign-Nonce", strings.ToUpper(r.nonce)) }
			}),
		refuse("nonce/altered-hyphens", "path/plain", "signature_mismatch",
			"The hyphens of the UUID are taken out after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.set("X-Countersign-Nonce", strings.ReplaceAll(r.nonce, "-", "")) }
			}),
		refuse("nonce/replayed-in-aws4", "dialect/aws4", "replayed",
			"The key has claimed the nonce; the dialect is not part of a claim.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
			}),
		refuse("nonce/replayed-with-other-secret", "keys/older-secret", "replayed",
			"The key has claimed the nonce; the secret is not part of a claim.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
			}),
		refuse("nonce/replayed-among-others", "nonce/other-claimed", "replayed",
			"The key has claimed the nonce, and others.", func(r *recipe) {
				r.claimed = append(r.claimed, r.keyID+" "+r.nonce)
			}),
	}
}
