package main

import "strings"

// refusedPresigned are presigned requests whose parameters are well-formed.
func refusedPresigned() []vector {
	ago := func(seconds int) func(*recipe) { return func(r *recipe) { r.signedAgo(seconds) } }
	header := func(name, value string) func(*recipe) { return func(r *recipe) { r.add(name, value) } }
	altered := func(old, new string) func(*recipe) {
		return func(r *recipe) {
			r.tamper = func(w *wire) { w.target = strings.Replace(w.target, old, new, 1) }
		}
	}
	const day = 24 * 60 * 60
	return []vector{
		refuse("presigned/expired", "presigned/last-second", "presign_expired",
			"Used a second after it expired.", ago(901)),
		refuse("presigned/expired-day", "presigned/last-second", "presign_expired",
			"Used a day after it expired.", ago(900+day)),
		refuse("presigned/expired-far", "presigned/last-second", "far_time",
			"Used a day and a second after it expired: refused before any hashing.", ago(901+day)),
		refuse("presigned/too-new", "presigned/newest", "clock_skew", "Signed 301 seconds ahead.", ago(-301)),
		refuse("presigned/replayed", "presigned/cs4", "replayed",
			"The key has claimed the nonce.", func(r *recipe) { r.claimed = []string{r.keyID + " " + r.nonce} }),
		refuse("presigned/replayed-last-second", "presigned/last-second", "replayed",
			"The key has claimed the nonce, and a claim lives as long as the URL: this is the last of its 900 seconds.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
			}),
		refuse("presigned/replayed-escaped", "presigned/escaped-value", "replayed",
			"The key has claimed the nonce, a digit of which is escaped in the URL.", func(r *recipe) {
				r.claimed = []string{r.keyID + " " + r.nonce}
			}),
		refuse("presigned/authorization-header", "presigned/cs4", "mixed_modes",
			"An Authorization header of another scheme is added.", func(r *recipe) {
				r.tamper = func(w *wire) { w.add("Authorization", "Bearer abc") }
			}),
		refuse("presigned/header-and-query", "path/plain", "mixed_modes",
			"The request is signed in the header, and the URL is a presigned one as well.", func(r *recipe) {
				presigned := *r
				presigned.presign("300")
				r.target = presigned.sign().wire.target
			}),
		refuse("presigned/date-header", "presigned/cs4", "mixed_modes",
			"A signed date header is added.", header("X-Countersign-Date", clock)),
		refuse("presigned/nonce-header", "presigned/cs4", "mixed_modes",
			"A signed nonce header is added.", header("X-Countersign-Nonce", "0123456789abcdef")),
		refuse("presigned/content-hash-header", "presigned/cs4", "mixed_modes",
			"A signed content hash header is added.", header("X-Countersign-Content-Sha256", sha256Hex(""))),
		refuse("presigned/host-unsigned", "presigned/signed-header", "unsigned_header",
			"SignedHeaders does not name the host.", func(r *recipe) { r.leaveUnsigned("host") }),
		refuse("presigned/content-type-unsigned", "presigned/signed-header", "unsigned_header",
			"SignedHeaders does not name Content-Type, which CS4 requires.", func(r *recipe) { r.leaveUnsigned("content-type") }),
		refuse("presigned/prefixed-unsigned", "presigned/aws4", "unsigned_header",
			"A header of the dialect's prefix is added, unsigned.", func(r *recipe) { r.addUnsigned("X-Amz-Target", "First") }),
		refuse("presigned/header-removed", "presigned/signed-header", "missing_header",
			"A signed header is not sent.", func(r *recipe) { r.tamper = func(w *wire) { w.remove("Content-Type") } }),
		refuse("presigned/moved-to-header", "presigned/cs4", "unsigned_header",
			"The signature is moved into headers, where date and nonce must be signed.", func(r *recipe) {
				s := r.sign()
				r.presigned = false
				r.authorization = func(a authorization) string {
					a.signedHeaders, a.signature = "host", s.signature
					return a.String()
				}
			}),
		refuse("presigned/moved-from-header", "path/plain", "missing_header",
			"The signature of a request signed in headers is moved into the query.", func(r *recipe) {
				s := r.sign()
				r.presign("300")
				r.params = func(params []param) []param {
					for i := range params {
						if params[i].name == "X-Countersign-SignedHeaders" {
							params[i].value = "host;x-countersign-date;x-countersign-nonce"
						}
					}
					return params
				}
				r.tamper = func(w *wire) {
					at := strings.LastIndex(w.target, "=")
					w.target = w.target[:at+1] + s.signature
				}
			}),
		refuse("presigned/moved-to-header-signed", "presigned/cs4", "signature_mismatch",
			"The signature is moved into headers, and date and nonce are named as signed.", func(r *recipe) {
				s := r.sign()
				r.presigned = false
				r.authorization = func(a authorization) string {
					a.signature = s.signature
					return a.String()
				}
			}),
		refuse("presigned/moved-to-header-kept", "presigned/cs4", "mixed_modes",
			"The signature is copied into an Authorization header and stays in the query.", func(r *recipe) {
				r.tamper = func(w *wire) {
					a := authorization{
						token: r.dialect.token, credential: r.keyID + "/" + r.scope(), signedHeaders: "host",
						signature: w.target[strings.LastIndex(w.target, "=")+1:],
					}
					w.add("Authorization", a.String())
				}
			}),
		refuse("presigned/moved-from-header-kept", "path/plain", "mixed_modes",
			"The Authorization header's parts are moved into the query, and date and nonce stay in their headers.", func(r *recipe) {
				r.presign("300")
				r.edit = r.addProtocolHeaders
			}),
		refuse("presigned/moved-from-header-host", "path/plain", "signature_mismatch",
			"The signature of a request signed in headers is moved into the query, where only the host need be signed.", func(r *recipe) {
				s := r.sign()
				r.presign("300")
				r.tamper = func(w *wire) {
					at := strings.LastIndex(w.target, "=")
					w.target = w.target[:at+1] + s.signature
				}
			}),
		refuse("presigned/semicolon-dropped", "presigned/cs4", "bad_query",
			"A pair with a raw semicolon is added after signing.", func(r *recipe) { r.tamper = func(w *wire) { w.target += "&admin=true;x" } }),
		refuse("presigned/bad-escape-dropped", "presigned/cs4", "bad_query",
			"A pair with a bad escape is added after signing.", func(r *recipe) { r.tamper = func(w *wire) { w.target += "&admin=%zz" } }),
		refuse("presigned/method-altered", "presigned/cs4", "signature_mismatch",
			"The URL is used with another method.", func(r *recipe) { r.tamper = func(w *wire) { w.method = "DELETE" } }),
		refuse("presigned/path-altered", "presigned/cs4", "signature_mismatch",
			"The path is changed after signing.", altered("/v1/orders", "/v1/users")),
		refuse("presigned/query-altered", "presigned/with-query", "signature_mismatch",
			"A parameter of the URL's own is changed after signing.", altered("Z=1", "Z=2")),
		refuse("presigned/expires-altered", "presigned/cs4", "signature_mismatch",
			"Expires is raised after signing.", altered("Expires=300", "Expires=900")),
		refuse("presigned/signature-upper-case", "presigned/cs4", "bad_authorization",
			"The signature is in upper case.", func(r *recipe) {
				r.tamper = func(w *wire) {
					at := strings.LastIndex(w.target, "=")
					w.target = w.target[:at+1] + strings.ToUpper(w.target[at+1:])
				}
			}),
		refuse("presigned/signature-short", "presigned/cs4", "bad_authorization",
			"The signature lacks its last digit.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target = w.target[:len(w.target)-1] }
			}),
		refuse("presigned/signature-padded", "presigned/cs4", "bad_authorization",
			"An equals sign stands behind the signature.", func(r *recipe) { r.tamper = func(w *wire) { w.target += "=" } }),
		refuse("presigned/signature-empty", "presigned/cs4", "bad_authorization",
			"The signature is empty.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target = w.target[:strings.LastIndex(w.target, "=")+1] }
			}),
		refuse("presigned/signature-altered", "presigned/cs4", "signature_mismatch",
			"The last digit of the signature is another one.", func(r *recipe) {
				r.tamper = func(w *wire) {
					last := len(w.target) - 1
					digit := "0"
					if w.target[last] == '0' {
						digit = "1"
					}
					w.target = w.target[:last] + digit
				}
			}),
		refuse("presigned/body-added", "presigned/cs4", "signature_mismatch",
			"A body is added after signing.", func(r *recipe) {
				r.tamper = func(w *wire) {
					w.add("Content-Length", "3")
					w.body = "abc"
				}
			}),
		refuse("presigned/query-as-sent", "presigned/with-query", "signature_mismatch",
			"The query is signed as sent, which is accepted in headers alone.", func(r *recipe) { r.form = formAsSent }),
		refuse("presigned/path-as-sent", "presigned/cs4", "signature_mismatch",
			"The path is signed as sent, which is accepted in headers alone.", func(r *recipe) { r.target, r.form = "/v1/x:y", formPathAsSent }),
		refuse("presigned/unsigned-payload-not-allowed", "presigned/put-content-hash", "unsigned_payload",
			"The payload is left unsigned, which this key may not.", func(r *recipe) { r.contentHash = unsignedPayload }),
		refuse("presigned/body-mismatch", "presigned/put-content-hash", "body_mismatch",
			"The body is not the one whose hash was signed.", func(r *recipe) {
				r.tamper = func(w *wire) { w.body = strings.Replace(w.body, "12", "99", 1) }
			}),
	}
}
