package main

import (
	"slices"
	"strings"
)

func refusedHeaders() []vector {
	after := func(tamper func(*wire)) func(*recipe) { return func(r *recipe) { r.tamper = tamper } }
	return []vector{
		refuse("headers/second-authorization", "path/plain", "bad_header",
			"The Authorization header comes twice.", after(func(w *wire) { w.add("Authorization", w.get("Authorization")) })),
		refuse("headers/second-authorization-bearer", "path/plain", "bad_header",
			"A second Authorization header of another scheme is added.", after(func(w *wire) { w.add("Authorization", "Bearer abc") })),
		refuse("headers/second-authorization-first", "path/plain", "bad_header",
			"An Authorization header of another scheme comes before the signature's.", with("Authorization", "Bearer abc")),
		refuse("headers/second-content-type", "headers/content-type", "bad_header",
			"Content-Type comes twice.", with("Content-Type", "text/plain")),
		refuse("headers/second-content-encoding", "headers/content-encoding", "bad_header",
			"Content-Encoding comes twice.", with("Content-Encoding", "br")),
		refuse("headers/second-date", "path/plain", "bad_header",
			"The date header comes twice, with one value.", with("X-Countersign-Date", clock)),
		refuse("headers/second-nonce", "nonce/shortest", "bad_header",
			"The nonce header comes twice, each time with a nonce that is fine.", with("X-Countersign-Nonce", "zyxwvutsrqponmlk")),
		refuse("headers/second-content-hash", "body/content-hash", "bad_header",
			"The content hash header comes twice, with one value.", func(r *recipe) { r.add("X-Countersign-Content-Sha256", r.contentHash) }),
		refuse("headers/second-prefixed", "dialect/aws4-other-header", "bad_header",
			"A header of the dialect's prefix comes twice.", with("X-Amz-Target", "Second")),
		refuse("headers/alias-nonce", "path/plain", "bad_header",
			"An alias with _ for -, which CGI-like servers cannot tell from the nonce header.", with("X_Countersign_Nonce", "0123456789abcdef")),
		refuse("headers/alias-date-unsigned", "path/plain", "bad_header",
			"An unsigned alias of the date header.", withUnsigned("X-Countersign_Date", clock)),
		refuse("headers/alias-aws4-nonce", "dialect/aws4", "bad_header",
			"An alias of the AWS4 nonce header.", with("X_Amz_Nonce", "0123456789abcdef")),
		refuse("headers/alias-content-type", "headers/content-type", "bad_header",
			"An alias of Content-Type, unsigned.", withUnsigned("Content_Type", "text/html")),
		refuse("headers/alias-prefixed", "dialect/aws4-other-header", "bad_header",
			"A signed header of the dialect's prefix with _ for a later -.", with("X-Amz-Target_Name", "Second")),
		refuse("headers/alias-with-dot", "path/plain", "bad_header",
			"An alias with dots, which some servers replace as they do _.", with("X.Countersign.Nonce", "0123456789abcdef")),
		refuse("headers/alias-content-length", "path/plain", "bad_header",
			"An alias of Content-Length, which frames the body.", withUnsigned("Content_Length", "3")),
		refuse("headers/alias-transfer-encoding", "body/no-content-hash", "bad_header",
			"An alias of Transfer-Encoding.", withUnsigned("Transfer_Encoding", "chunked")),
		refuse("headers/alias-method-override", "path/plain", "bad_header",
			"An alias of a method override, unsigned.", withUnsigned("X_Http_Method_Override", "DELETE")),
		refuse("headers/alias-required", "path/plain", "bad_header",
			"An alias of a header of require_signed, which is not sent.", withUnsigned("Idempotency_Key", "order-18")),
		refuse("headers/alias-of-signed", "headers/required-signed", "bad_header",
			"An unsigned alias of a signed header.", withUnsigned("Idempotency_Key", "order-18")),
		refuse("headers/host-characters", "path/plain", "bad_header",
			"The host holds a slash.", func(r *recipe) { r.headers[0].value = "vectors.example/v1" }),
		refuse("headers/connection-names-signed", "headers/required-signed", "bad_header",
			"Connection names a signed header, which a proxy would then remove.", with("Connection", "close, Idempotency-Key")),
		refuse("headers/connection-names-nonce", "path/plain", "bad_header",
			"Connection names the nonce header.", with("Connection", "x-countersign-nonce")),
		refuse("headers/connection-names-host", "path/plain", "bad_header",
			"Connection names the host.", with("Connection", "Host")),
		refuse("headers/connection-names-prefixed", "dialect/aws4-cloudfront", "bad_header",
			"Connection names a header of the dialect's prefix that need not be signed.", with("Connection", "close, X-Amz-Cf-Id")),
		refuse("headers/connection-second-line", "headers/required-signed", "bad_header",
			"A second Connection line names a signed header.", func(r *recipe) {
				r.add("Connection", "keep-alive")
				r.add("Connection", "\tIDEMPOTENCY-KEY ")
			}),
		refuse("headers/connection-names-authorization", "path/plain", "bad_header",
			"Connection names the Authorization header.", with("Connection", "authorization")),
		refuse("headers/undefined-own", "path/plain", "bad_header",
			"A signed X-Countersign header that the protocol does not define.", with("X-Countersign-Identity", "admin")),
		refuse("headers/host-altered", "path/plain", "signature_mismatch",
			"The host is changed after signing.", after(func(w *wire) { w.set("Host", "other.example") })),
		refuse("headers/host-case-altered", "path/plain", "signature_mismatch",
			"The host is set in upper case after signing.", after(func(w *wire) { w.set("Host", "VECTORS.EXAMPLE") })),
		refuse("headers/host-dot-added", "path/plain", "signature_mismatch",
			"A dot is added to the host after signing.", after(func(w *wire) { w.set("Host", "vectors.example.") })),
		refuse("headers/host-port-added", "path/plain", "signature_mismatch",
			"A port is added to the host after signing.", after(func(w *wire) { w.set("Host", "vectors.example:80") })),
		refuse("headers/value-altered", "headers/required-signed", "signature_mismatch",
			"A signed header is changed after signing.", after(func(w *wire) { w.set("Idempotency-Key", "order-18") })),
		refuse("headers/value-case-altered", "headers/name-case", "signature_mismatch",
			"The case of a signed value is changed after signing.", after(func(w *wire) { w.set("X-Note", "value case is kept") })),
		refuse("headers/value-added", "headers/repeated", "signature_mismatch",
			"A signed header is repeated once more after signing.", after(func(w *wire) { w.add("X-Tag", "peach") })),
		refuse("headers/values-reordered", "headers/repeated", "signature_mismatch",
			"Two repeated headers change places after signing.", after(func(w *wire) { w.headers[1], w.headers[2] = w.headers[2], w.headers[1] })),
		refuse("headers/removed", "headers/required-signed", "missing_header",
			"A signed header is removed after signing.", after(func(w *wire) { w.remove("Idempotency-Key") })),
	}
}

func refusedSignedHeaders() []vector {
	after := func(tamper func(*wire)) func(*recipe) { return func(r *recipe) { r.tamper = tamper } }
	unsigned := func(name string) func(*recipe) { return func(r *recipe) { r.leaveUnsigned(name) } }
	names := func(name string) func(*recipe) {
		return func(r *recipe) {
			r.list = func(names []string) []string {
				names = append(names, name)
				slices.Sort(names)
				return names
			}
		}
	}
	without := func(name string) func(*recipe) {
		return func(r *recipe) { r.edit = func(w *wire) { w.remove(name) } }
	}
	return []vector{
		refuse("headers/host-unsigned", "path/plain", "unsigned_header",
			"SignedHeaders does not name the host.", unsigned("host")),
		refuse("headers/date-unsigned", "path/plain", "unsigned_header",
			"SignedHeaders does not name the date header.", unsigned("x-countersign-date")),
		refuse("headers/nonce-unsigned", "path/plain", "unsigned_header",
			"SignedHeaders does not name the nonce header.", unsigned("x-countersign-nonce")),
		refuse("headers/content-hash-unsigned", "body/content-hash", "unsigned_header",
			"SignedHeaders does not name the content hash header.", unsigned("x-countersign-content-sha256")),
		refuse("headers/content-type-unsigned", "headers/content-type", "unsigned_header",
			"SignedHeaders does not name Content-Type, which CS4 requires.", unsigned("content-type")),
		refuse("headers/content-encoding-unsigned", "headers/content-encoding", "unsigned_header",
			"SignedHeaders does not name Content-Encoding, which CS4 requires.", unsigned("content-encoding")),
		refuse("headers/method-override-unsigned", "headers/method-override-signed", "unsigned_header",
			"SignedHeaders does not name the method override.", unsigned("x-http-method-override")),
		refuse("headers/method-override-added", "path/plain", "unsigned_header",
			"A method override under another of its names is added, unsigned.", withUnsigned("X-Method-Override", "DELETE")),
		refuse("headers/method-override-third-name", "path/plain", "unsigned_header",
			"A method override under its third name is added, unsigned.", withUnsigned("X-HTTP-Method", "DELETE")),
		refuse("headers/required-unsigned", "headers/required-signed", "unsigned_header",
			"SignedHeaders does not name a header of require_signed.", unsigned("idempotency-key")),
		refuse("headers/prefixed-unsigned", "dialect/aws4-other-header", "unsigned_header",
			"SignedHeaders does not name a header of the dialect's prefix.", unsigned("x-amz-target")),
		refuse("headers/prefixed-unsigned-added", "dialect/aws4", "unsigned_header",
			"A header of the dialect's prefix is added after signing, its name in lower case.", after(func(w *wire) { w.add("x-amz-acl", "public-read") })),
		refuse("headers/date-missing", "path/plain", "missing_header",
			"There is no date header.", without("X-Countersign-Date")),
		refuse("headers/date-standard-only", "path/plain", "missing_header",
			"The standard Date header stands in place of the dialect's.", func(r *recipe) {
				r.edit = func(w *wire) {
					w.remove("X-Countersign-Date")
					w.add("Date", "Fri, 02 Jan 2026 15:04:05 GMT")
				}
			}),
		refuse("headers/nonce-missing", "path/plain", "missing_header",
			"There is no nonce header.", without("X-Countersign-Nonce")),
		refuse("headers/absent-named", "path/plain", "missing_header",
			"SignedHeaders names a header that is not there, signed as empty.", names("x-absent")),
		refuse("headers/names-transfer-encoding", "body/chunked", "bad_header",
			"SignedHeaders names Transfer-Encoding, which hops rewrite.", names("transfer-encoding")),
		refuse("headers/names-connection", "headers/connection", "bad_header",
			"SignedHeaders names Connection, which hops rewrite.", names("connection")),
		refuse("headers/names-expect", "body/expect", "bad_header",
			"SignedHeaders names Expect, which hops consume.", names("expect")),
		refuse("headers/names-authorization", "path/plain", "bad_header",
			"SignedHeaders names Authorization, which holds the signature.", names("authorization")),
		refuse("headers/names-trailer", "path/plain", "bad_header",
			"SignedHeaders names Trailer, which no request may have.", names("trailer")),
	}
}

// refusedHeaderFraming are lines that HTTP parsers disagree about.
func refusedHeaderFraming() []vector {
	line := func(name, value, line string) func(*recipe) {
		return func(r *recipe) { r.headers = append(r.headers, header{name, value, line}) }
	}
	return []vector{
		atParser(refuse("headers/second-host", "path/plain", "bad_header",
			"The Host header comes twice, with one value.", func(r *recipe) {
				r.tamper = func(w *wire) { w.add("Host", w.get("Host")) }
			})),
		atParser(refuse("headers/host-missing", "path/plain", "missing_header",
			"There is no Host header, signed as empty.", func(r *recipe) {
				r.edit = func(w *wire) { w.remove("Host") }
				r.list = func(names []string) []string { return append([]string{"host"}, names...) }
			})),
		atParser(refuse("headers/folded", "headers/spaces-collapsed", "bad_header",
			"The signed value is folded onto a second line.", line("X-More", "one two", "X-More: one\r\n two"))),
		atParser(refuse("headers/folded-authorization", "path/plain", "bad_header",
			"The Authorization header is folded onto a second line.", func(r *recipe) {
				r.tamper = func(w *wire) {
					value := w.get("Authorization")
					w.remove("Authorization")
					w.headers = append(w.headers, header{
						name: "Authorization", value: value,
						line: "Authorization: " + strings.Replace(value, ", ", ",\r\n\t", 1),
					})
				}
			})),
		atParser(refuse("headers/host-empty", "path/plain", "bad_header",
			"The Host header is empty, and signed as that.", func(r *recipe) { r.headers[0].value = "" })),
		atParser(refuse("headers/space-before-colon", "headers/spaces-collapsed", "bad_header",
			"There is a space between a name and its colon.", line("X-More", "one", "X-More : one"))),
		atParser(refuse("headers/no-colon", "headers/spaces-collapsed", "bad_header",
			"A line among the headers has no colon.", func(r *recipe) {
				r.headers = append(r.headers, header{name: "X-More", line: "X-More"})
				r.leaveUnsigned("x-more")
			})),
		atParser(refuse("headers/control-byte", "headers/tab-kept", "bad_header",
			"There is a control byte in a signed value.", line("X-More", "one\x01two", "X-More: one\x01two"))),
		atParser(refuse("headers/bare-line-feed", "headers/spaces-collapsed", "bad_header",
			"A line among the headers ends in a bare line feed.", line("X-More", "one", "X-More: one\nX-Smuggled: two"))),
	}
}
