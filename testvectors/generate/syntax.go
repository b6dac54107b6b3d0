package main

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

func syntaxVectors() []vector {
	return slices.Concat(targetSyntax(), authorizationSyntax(), signatureSyntax())
}

// targetSyntax probes the request line.
func targetSyntax() []vector {
	to := func(target string) func(*recipe) { return func(r *recipe) { r.target = target } }
	altered := func(method string) func(*recipe) {
		return func(r *recipe) { r.tamper = func(w *wire) { w.method = method } }
	}
	return []vector{
		accept("syntax/put", "Another method is signed as it is.", func(r *recipe) { r.send("PUT", "new") }),
		accept("syntax/delete", "A method without a body.", func(r *recipe) { r.method = "DELETE" }),
		accept("syntax/head", "HEAD is not signed as GET.", func(r *recipe) { r.method = "HEAD" }),

		refuse("syntax/method-altered", "syntax/head", "signature_mismatch",
			"The method is changed after signing.", altered("GET")),
		refuse("syntax/method-altered-delete", "path/plain", "signature_mismatch",
			"GET becomes DELETE after signing.", altered("DELETE")),
		refuse("syntax/absolute-form", "path/plain", "bad_target",
			"The target holds scheme and host.", to("http://vectors.example/v1/orders")),
		refuse("syntax/absolute-form-other-host", "path/plain", "bad_target",
			"The target holds scheme and another host than the Host header.", to("http://other.example/v1/orders")),
		refuse("syntax/authority-form", "path/plain", "bad_target",
			"A CONNECT, whose target is a host and a port.", func(r *recipe) { r.method, r.target = "CONNECT", "vectors.example:443" }),
		refuse("syntax/asterisk-form", "path/plain", "bad_target", "The target is an asterisk.", to("*")),
		refuse("syntax/fragment", "path/plain", "bad_target", "The target holds a fragment.", to("/v1/orders#top")),
		refuse("syntax/fragment-in-query", "query/sorted", "bad_target",
			"The target holds a fragment after the query.", to("/v1/orders?a=1&b=2#top")),
		refuse("syntax/backslash", "path/plain", "bad_target",
			"The path holds a raw backslash, which some servers take for a slash.", to(`/v1\orders`)),
		refuse("syntax/backslash-in-query", "query/sorted", "bad_target",
			"The query holds a raw backslash.", to(`/v1/orders?a=1&b=\2`)),
		refuse("syntax/raw-utf8", "path/utf8", "bad_target",
			"The path holds UTF-8 that is not escaped.", to("/v1/café")),
		refuse("syntax/raw-utf8-in-query", "query/lower-case-escapes", "bad_target",
			"The query holds UTF-8 that is not escaped.", to("/v1/orders?q=café")),
		atParser(refuse("syntax/space-in-target", "path/escaped-space", "bad_target",
			"The target holds a space.", to("/v1/two words"))),
		atParser(refuse("syntax/tab-in-target", "path/escaped-space", "bad_target",
			"The target holds a tab.", to("/v1/two\twords"))),
		atParser(refuse("syntax/delete-in-target", "path/plain", "bad_target",
			"The target holds the control byte 0x7F.", to("/v1/orders\x7f"))),
		atParser(refuse("syntax/relative-target", "path/plain", "bad_target",
			"The target does not start with a slash.", to("v1/orders"))),
	}
}

// authorizationSyntax writes what was signed correctly in ways that the grammar does not have.
func authorizationSyntax() []vector {
	written := func(write func(authorization) string) func(*recipe) {
		return func(r *recipe) { r.authorization = write }
	}
	replaced := func(old, new string) func(*recipe) {
		return written(func(a authorization) string { return strings.Replace(a.String(), old, new, 1) })
	}
	list := func(change func([]string) []string) func(*recipe) {
		return func(r *recipe) { r.list = change }
	}
	return []vector{
		accept("syntax/no-spaces", "The space after a comma is optional.", written(func(a authorization) string {
			return strings.ReplaceAll(a.String(), ", ", ",")
		})),

		refuse("syntax/no-authorization", "path/plain", "missing_signature",
			"There is no Authorization header.", func(r *recipe) {
				r.tamper = func(w *wire) { w.remove("Authorization") }
			}),
		refuse("syntax/bearer", "path/plain", "missing_signature",
			"Authorization is of the scheme Bearer.", written(func(authorization) string { return "Bearer abcdef" })),
		refuse("syntax/basic", "path/plain", "missing_signature",
			"Authorization is of the scheme Basic.", written(func(authorization) string { return "Basic dXNlcjpwYXNz" })),
		refuse("syntax/other-algorithm", "path/plain", "missing_signature",
			"Authorization is of another algorithm.", replaced("CS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
		refuse("syntax/algorithm-lower-case", "path/plain", "bad_authorization",
			"The algorithm is in lower case.", replaced("CS4-HMAC-SHA256", "cs4-hmac-sha256")),
		refuse("syntax/token-only", "path/plain", "bad_authorization",
			"Nothing follows the algorithm.", written(func(a authorization) string { return a.token })),
		refuse("syntax/no-credential", "path/plain", "bad_authorization",
			"Credential is left out.", written(func(a authorization) string {
				return a.token + " SignedHeaders=" + a.signedHeaders + ", Signature=" + a.signature
			})),
		refuse("syntax/no-signed-headers", "path/plain", "bad_authorization",
			"SignedHeaders is left out.", written(func(a authorization) string {
				return a.token + " Credential=" + a.credential + ", Signature=" + a.signature
			})),
		refuse("syntax/no-signature", "path/plain", "bad_authorization",
			"Signature is left out.", written(func(a authorization) string {
				return a.token + " Credential=" + a.credential + ", SignedHeaders=" + a.signedHeaders
			})),
		refuse("syntax/second-signature", "path/plain", "bad_authorization",
			"Signature comes twice.", written(func(a authorization) string { return a.String() + ", Signature=" + a.signature })),
		refuse("syntax/unknown-part", "path/plain", "bad_authorization",
			"A part that the grammar does not have.", written(func(a authorization) string { return a.String() + ", Realm=x" })),
		refuse("syntax/trailing-comma", "path/plain", "bad_authorization",
			"A comma follows the last part.", written(func(a authorization) string { return a.String() + "," })),
		refuse("syntax/parts-reordered", "path/plain", "bad_authorization",
			"Signature comes before SignedHeaders.", written(func(a authorization) string {
				return a.token + " Credential=" + a.credential + ", Signature=" + a.signature + ", SignedHeaders=" + a.signedHeaders
			})),
		refuse("syntax/part-name-case", "path/plain", "bad_authorization",
			"A part's name is in lower case.", replaced("Credential=", "credential=")),
		refuse("syntax/no-commas", "path/plain", "bad_authorization",
			"Spaces stand in place of commas.", written(func(a authorization) string { return strings.ReplaceAll(a.String(), ",", "") })),
		refuse("syntax/joined-authorizations", "path/plain", "bad_authorization",
			"Two Authorization values are joined with a comma.", written(func(a authorization) string { return a.String() + ", " + a.String() })),
		refuse("syntax/credential-short", "path/plain", "bad_authorization",
			"The credential has no terminator.", replaced("/cs4_request", "")),
		refuse("syntax/credential-long", "path/plain", "bad_authorization",
			"The credential has a part too many.", replaced("/cs4_request", "/cs4_request/x")),
		refuse("syntax/signed-headers-empty", "path/plain", "bad_authorization",
			"SignedHeaders names nothing.", list(func([]string) []string { return nil })),
		refuse("syntax/signed-headers-unsorted", "path/plain", "bad_authorization",
			"SignedHeaders is not sorted.", list(func(names []string) []string {
				slices.Reverse(names)
				return names
			})),
		refuse("syntax/signed-headers-upper-case", "path/plain", "bad_authorization",
			"A name in SignedHeaders is in upper case.", list(func(names []string) []string {
				names[0] = "Host"
				return names
			})),
		refuse("syntax/signed-headers-duplicate", "path/plain", "bad_authorization",
			"SignedHeaders names the host twice.", list(func(names []string) []string { return append([]string{"host"}, names...) })),
		refuse("syntax/signed-headers-trailing", "path/plain", "bad_authorization",
			"SignedHeaders ends in a semicolon.", list(func(names []string) []string { return append(names, "") })),
	}
}

// signatureSyntax changes nothing but the form of a correct signature, or its value.
func signatureSyntax() []vector {
	signature := func(change func(string) string) func(*recipe) {
		return func(r *recipe) {
			r.authorization = func(a authorization) string {
				a.signature = change(a.signature)
				return a.String()
			}
		}
	}
	return []vector{
		refuse("syntax/signature-upper-case", "path/plain", "bad_authorization",
			"The signature is in upper case.", signature(strings.ToUpper)),
		refuse("syntax/signature-short", "path/plain", "bad_authorization",
			"The signature lacks its last digit.", signature(func(s string) string { return s[:63] })),
		refuse("syntax/signature-long", "path/plain", "bad_authorization",
			"The signature has a digit too many.", signature(func(s string) string { return s + "0" })),
		refuse("syntax/signature-half", "path/plain", "bad_authorization",
			"The signature is cut to its first half.", signature(func(s string) string { return s[:32] })),
		refuse("syntax/signature-padded", "path/plain", "bad_authorization",
			"The signature lacks its last digit and is padded with an equals sign.", signature(func(s string) string { return s[:63] + "=" })),
		refuse("syntax/signature-padded-zero", "path/plain", "bad_authorization",
			"A zero stands before the signature.", signature(func(s string) string { return "0" + s })),
		refuse("syntax/signature-quoted", "path/plain", "bad_authorization",
			"The signature stands in quotation marks.", signature(func(s string) string { return `"` + s + `"` })),
		refuse("syntax/signature-prefixed", "path/plain", "bad_authorization",
			"The signature begins with 0x.", signature(func(s string) string { return "0x" + s })),
		refuse("syntax/signature-base64", "path/plain", "bad_authorization",
			"The signature is in base64.", signature(func(s string) string {
				sum, _ := hex.DecodeString(s)
				return base64.StdEncoding.EncodeToString(sum)
			})),
		refuse("syntax/signature-empty", "path/plain", "bad_authorization",
			"The signature is empty.", signature(func(string) string { return "" })),
		refuse("syntax/signature-not-hex", "path/plain", "bad_authorization",
			"The signature holds a letter that is no hex digit.", signature(func(s string) string { return s[:63] + "g" })),
		refuse("syntax/signature-altered", "path/plain", "signature_mismatch",
			"The last digit of the signature is another one.", signature(func(s string) string {
				if strings.HasSuffix(s, "0") {
					return s[:63] + "1"
				}
				return s[:63] + "0"
			})),
		refuse("syntax/signature-zero", "path/plain", "signature_mismatch",
			"The signature is all zeros.", signature(func(string) string { return strings.Repeat("0", 64) })),
	}
}
