package main

import (
	"fmt"
	"slices"
	"strings"
)

func presignedVectors() []vector {
	return slices.Concat(acceptedPresigned(), refusedPresignParams(), refusedExpires(), refusedPresigned())
}

func acceptedPresigned() []vector {
	sent := func(seconds int) func(*recipe) {
		return func(r *recipe) {
			r.presign("900")
			r.signedAgo(seconds)
		}
	}
	return []vector{
		accept("presigned/cs4", "A presigned URL in CS4.", func(r *recipe) { r.presign("300") }),
		accept("presigned/aws4", "A presigned URL in AWS4.", func(r *recipe) {
			r.dialect = aws4
			r.presign("300")
		}),
		accept("presigned/with-query",
			"The URL's own parameters, sorted among those of the signature.", func(r *recipe) {
				r.presign("300")
				r.target = "/v1/orders?Z=1&a=2&a=1&X-Y=3"
			}),
		accept("presigned/path-encoded", "The path is encoded once more, as in a header.", func(r *recipe) {
			r.presign("300")
			r.target = "/v1/x:y/two%20words"
		}),
		accept("presigned/shuffled",
			"The parameters may come in any order, the signature among them.", func(r *recipe) {
				r.presign("300")
				r.params = func(params []param) []param {
					slices.Reverse(params)
					return params
				}
			}),
		accept("presigned/raw-slashes",
			"The credential's slashes are sent raw; canonically they are escaped.", func(r *recipe) {
				r.presign("300")
				r.tamper = func(w *wire) { w.target = strings.ReplaceAll(w.target, "%2F", "/") }
			}),
		accept("presigned/escaped-value",
			"A digit of the nonce is escaped, needlessly: values are decoded, unlike names.", func(r *recipe) {
				r.presign("300")
				r.tamper = func(w *wire) {
					w.target = strings.Replace(w.target, "Nonce="+r.nonce[:1], fmt.Sprintf("Nonce=%%%02X", r.nonce[0]), 1)
				}
			}),
		accept("presigned/shortest", "Expires is one second.", func(r *recipe) { r.presign("1") }),
		accept("presigned/last-second", "The cap of 900 seconds, used in the last of them.", sent(900)),
		accept("presigned/newest", "Signed 300 seconds ahead.", sent(-300)),
		accept("presigned/put-content-hash", "An upload whose hash is a parameter.", func(r *recipe) {
			r.presign("300")
			r.send("PUT", order)
			r.contentHash = sha256Hex(order)
		}),
		accept("presigned/put-no-content-hash",
			"An upload without that parameter: the hash of the received body is signed.", func(r *recipe) {
				r.presign("300")
				r.send("PUT", order)
			}),
		accept("presigned/unsigned-payload",
			"An upload by a key that may leave the payload unsigned.", func(r *recipe) {
				r.presign("300")
				r.signWith(keyUnsignedPayload, 0)
				r.send("PUT", order)
				r.contentHash = unsignedPayload
			}),
		accept("presigned/security-token", "A parameter with the prefix X-Amz- that is none of the signature's is signed like any.", func(r *recipe) {
			r.dialect = aws4
			r.presign("300")
			r.target = "/v1/orders?X-Amz-Security-Token=abc%2Bdef%3D%3D"
		}),
		accept("presigned/signed-header", "A presigned URL that binds a header.", func(r *recipe) {
			r.presign("300")
			r.add("Content-Type", "text/plain")
		}),
	}
}

func refusedPresignParams() []vector {
	added := func(name, value string) func(*recipe) {
		return func(r *recipe) {
			r.params = func(params []param) []param { return append(params, param{name, value}) }
		}
	}
	removed := func(name string) func(*recipe) {
		return func(r *recipe) {
			r.params = func(params []param) []param {
				return slices.DeleteFunc(params, func(p param) bool { return p.name == name })
			}
		}
	}
	respelled := func(name, spelled string) func(*recipe) {
		return func(r *recipe) {
			r.params = func(params []param) []param {
				params[slices.IndexFunc(params, func(p param) bool { return p.name == name })].name = spelled
				return params
			}
		}
	}
	set := func(name, value string) func(*recipe) {
		return func(r *recipe) {
			r.params = func(params []param) []param {
				params[slices.IndexFunc(params, func(p param) bool { return p.name == name })].value = value
				return params
			}
		}
	}
	return []vector{
		refuse("presigned/second-nonce", "presigned/cs4", "bad_query",
			"The nonce parameter comes twice.", added("X-Countersign-Nonce", "0123456789abcdef")),
		refuse("presigned/second-credential", "presigned/cs4", "bad_query",
			"The credential parameter comes twice.", added("X-Countersign-Credential", "ck_test_other/20260102/test/vectors/cs4_request")),
		refuse("presigned/second-signature", "presigned/cs4", "bad_query",
			"The signature parameter comes twice.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target += "&X-Countersign-Signature=" + sha256Hex("") }
			}),
		refuse("presigned/escaped-name", "presigned/cs4", "bad_query",
			"A second nonce parameter, a letter of its name escaped.", added("X-Countersign-%4Eonce", "0123456789abcdef")),
		refuse("presigned/name-case", "presigned/cs4", "bad_query",
			"A second nonce parameter, its name in lower case.", added("x-countersign-nonce", "0123456789abcdef")),
		refuse("presigned/name-case-alone", "presigned/cs4", "bad_query",
			"The nonce parameter's name is in lower case.", respelled("X-Countersign-Nonce", "x-countersign-nonce")),
		refuse("presigned/escaped-name-alone", "presigned/cs4", "bad_query",
			"A letter of the nonce parameter's name is escaped.", respelled("X-Countersign-Nonce", "X-Countersign-%4Eonce")),
		refuse("presigned/name-case-in-aws4", "presigned/aws4", "bad_query",
			"The nonce parameter's name has its prefix as it should be, and is in lower case behind it.", respelled("X-Amz-Nonce", "X-Amz-nonce")),
		refuse("presigned/undefined-own", "presigned/cs4", "bad_query",
			"An X-Countersign parameter that the protocol does not define.", added("X-Countersign-Identity", "admin")),
		refuse("presigned/both-dialects", "presigned/cs4", "mixed_modes",
			"A parameter of the other dialect is added.", added("X-Amz-Nonce", "0123456789abcdef")),
		refuse("presigned/second-security-token", "presigned/security-token", "bad_query",
			"A parameter with the prefix X-Amz- comes twice.", added("X-Amz-Security-Token", "ghi")),
		refuse("presigned/no-signature", "presigned/cs4", "missing_signature",
			"There is no signature parameter.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target = w.target[:strings.LastIndex(w.target, "&")] }
			}),
		refuse("presigned/no-algorithm", "presigned/cs4", "bad_authorization",
			"There is no algorithm parameter.", removed("X-Countersign-Algorithm")),
		refuse("presigned/no-credential", "presigned/cs4", "missing_header",
			"There is no credential parameter.", removed("X-Countersign-Credential")),
		refuse("presigned/no-nonce", "presigned/cs4", "missing_header",
			"There is no nonce parameter.", removed("X-Countersign-Nonce")),
		refuse("presigned/no-date", "presigned/cs4", "missing_header",
			"There is no date parameter.", removed("X-Countersign-Date")),
		refuse("presigned/bad-nonce", "presigned/cs4", "bad_nonce",
			"The nonce parameter is too short.", set("X-Countersign-Nonce", "0123456789abcde")),
		refuse("presigned/nonce-with-space", "presigned/cs4", "bad_nonce",
			"The nonce parameter holds a space.", set("X-Countersign-Nonce", "01234567 9abcdef0")),
		refuse("presigned/nonce-escaped-twice", "presigned/cs4", "bad_nonce",
			"The nonce parameter is escaped twice, so that decoded once it holds an escape.", set("X-Countersign-Nonce", "%30123456789abcdef")),
		refuse("presigned/bad-date", "presigned/cs4", "bad_time",
			"The date parameter is empty.", set("X-Countersign-Date", "")),
		refuse("presigned/bad-credential", "presigned/cs4", "bad_authorization",
			"The credential parameter has too few parts.", set("X-Countersign-Credential", keyBoth.ID)),
		refuse("presigned/id-with-slash", "presigned/cs4", "bad_authorization",
			"The key id holds a path, whose slashes are escaped.", set("X-Countersign-Credential", "../../secret/"+keyBoth.ID+"/20260102/test/vectors/cs4_request")),
		refuse("presigned/id-escaped-twice", "presigned/cs4", "bad_authorization",
			"The key id holds a slash that is escaped twice.", set("X-Countersign-Credential", "..%2F"+keyBoth.ID+"/20260102/test/vectors/cs4_request")),
		refuse("presigned/other-region", "presigned/cs4", "wrong_scope",
			"The URL is signed for another region.", func(r *recipe) { r.region = "live" }),
		refuse("presigned/other-day", "presigned/cs4", "wrong_scope",
			"The scope's date is the day after the date parameter's.", func(r *recipe) { r.scopeDate = "20260103" }),
		refuse("presigned/other-terminator", "presigned/cs4", "bad_authorization",
			"The terminator is the other dialect's.", set("X-Countersign-Credential", keyBoth.ID+"/20260102/test/vectors/aws4_request")),
		refuse("presigned/other-algorithm", "presigned/cs4", "bad_authorization",
			"The algorithm parameter is the other dialect's.", set("X-Countersign-Algorithm", "AWS4-HMAC-SHA256")),
		refuse("presigned/streaming", "presigned/put-content-hash", "bad_payload_hash",
			"The content hash parameter is a streaming one.", set("X-Countersign-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")),
	}
}

func refusedExpires() []vector {
	expires := func(value string) func(*recipe) { return func(r *recipe) { r.expires = value } }
	params := func(change func([]param) []param) func(*recipe) { return func(r *recipe) { r.params = change } }
	isExpires := func(p param) bool { return p.name == "X-Countersign-Expires" }
	return []vector{
		refuse("presigned/expires-zero", "presigned/shortest", "bad_expires", "Expires is zero.", expires("0")),
		refuse("presigned/expires-negative", "presigned/shortest", "bad_expires",
			"Expires is negative.", expires("-1")),
		refuse("presigned/expires-over-cap", "presigned/last-second", "bad_expires",
			"Expires is a second more than the verifier's cap.", expires("901")),
		refuse("presigned/expires-over-week", "presigned/last-second", "bad_expires",
			"Expires is a second more than the protocol's week.", expires("604801")),
		refuse("presigned/expires-overflow", "presigned/shortest", "bad_expires",
			"Expires is 2 to the power of 64, and one.", expires("18446744073709551617")),
		refuse("presigned/expires-empty", "presigned/shortest", "bad_expires", "Expires is empty.", expires("")),
		refuse("presigned/expires-leading-zero", "presigned/shortest", "bad_expires",
			"Expires has a leading zero.", expires("01")),
		refuse("presigned/expires-plus", "presigned/shortest", "bad_expires",
			"Expires has a plus sign.", expires("+1")),
		refuse("presigned/expires-fraction", "presigned/shortest", "bad_expires",
			"Expires is no whole number.", expires("1.0")),
		refuse("presigned/expires-raw-plus", "presigned/shortest", "bad_expires",
			"A plus sign that is not escaped, which is a space, stands before Expires.", func(r *recipe) {
				r.tamper = func(w *wire) { w.target = strings.Replace(w.target, "Expires=1", "Expires=+1", 1) }
			}),
		refuse("presigned/expires-hexadecimal", "presigned/shortest", "bad_expires",
			"Expires is in hexadecimal.", expires("0x1")),
		refuse("presigned/expires-exponent", "presigned/shortest", "bad_expires",
			"Expires has an exponent.", expires("1e2")),
		refuse("presigned/expires-digits", "presigned/shortest", "bad_expires",
			"Expires has digits that are not ASCII's.", expires("１")),
		refuse("presigned/expires-huge", "presigned/shortest", "bad_expires",
			"Expires has a thousand digits.", expires(strings.Repeat("9", 1000))),
		refuse("presigned/expires-twice-equal", "presigned/cs4", "bad_expires",
			"Expires comes twice, with one value.", params(func(p []param) []param { return append(p, param{"X-Countersign-Expires", "300"}) })),
		refuse("presigned/expires-twice", "presigned/cs4", "bad_expires",
			"Expires comes twice.", params(func(p []param) []param { return append(p, param{"X-Countersign-Expires", "900"}) })),
		refuse("presigned/expires-missing", "presigned/cs4", "missing_header",
			"There is no expires parameter.", params(func(p []param) []param { return slices.DeleteFunc(p, isExpires) })),
	}
}
