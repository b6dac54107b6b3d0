package main

func reusableVectors() []vector {
	at := func(target string) func(*recipe) {
		return func(r *recipe) {
			r.target = target
			r.presign("300")
			r.reusable = true
		}
	}
	claimed := func(r *recipe) {
		at(reusablePath)(r)
		r.claimed = []string{r.keyID + " " + r.nonce}
	}
	to := func(target string) func(*recipe) { return func(r *recipe) { r.target = target } }
	return []vector{
		accept("presigned/reusable", "A presigned GET of a path whose URLs may be used again.", at(reusablePath)),
		accept("presigned/reusable-claimed", "The same where the key has claimed the nonce: nobody asks.", claimed),
		accept("presigned/reusable-head", "A presigned HEAD of that path.", func(r *recipe) {
			at(reusablePath)(r)
			r.method = "HEAD"
		}),
		accept("presigned/reusable-spelling",
			"Another spelling of that path: routes are matched on the decoded one.", at("/v1/downloads/%72eport")),
		accept("presigned/reusable-signature-as-nonce",
			"Without a nonce, of the key that may leave it out: the signature is not claimed either.", func(r *recipe) {
				withoutNonce(r)
				at(reusablePath)(r)
				r.claimSignature = true
			}),
		accept("presigned/reusable-last-second", "Used in the last second of its life.", func(r *recipe) {
			at(reusablePath)(r)
			r.signedAgo(300)
		}),

		refuse("presigned/reusable-post", "presigned/reusable-claimed", "replayed",
			"The method is POST, which cannot be used again.", func(r *recipe) { r.method = "POST" }),
		refuse("presigned/reusable-in-headers", "presigned/reusable-claimed", "replayed",
			"Signed in headers, where no path lets a request be used again.", func(r *recipe) { r.presigned = false }),
		refuse("presigned/reusable-other-path", "presigned/reusable-claimed", "replayed",
			"Another path, whose URLs may be used once.", to("/v1/downloads/reports")),
		refuse("presigned/reusable-trailing-slash", "presigned/reusable-claimed", "replayed",
			"A trailing slash makes another path.", to(reusablePath+"/")),
		refuse("presigned/reusable-path-case", "presigned/reusable-claimed", "replayed",
			"The path in another case is another path.", to("/v1/downloads/Report")),
		refuse("presigned/reusable-escaped-question-mark", "presigned/reusable-claimed", "replayed",
			"An escaped question mark makes another path.", to(reusablePath+"%3F")),
		refuse("presigned/reusable-expired", "presigned/reusable-last-second", "presign_expired",
			"Used a second after it expired.", func(r *recipe) { r.signedAgo(301) }),
		refuse("presigned/reusable-altered", "presigned/reusable", "signature_mismatch",
			"A parameter is added after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target += "&admin=true" }
			}),
		refuse("presigned/reusable-without-nonce", "presigned/reusable", "missing_header",
			"The nonce is left out: that nothing is claimed does not make it needless.", func(r *recipe) { r.noNonce = true }),
	}
}
