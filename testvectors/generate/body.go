package main

import (
	"slices"
	"strconv"
	"strings"
)

const order = `{"item":"pencil","count":12}`

func bodyVectors() []vector {
	return slices.Concat(acceptedBodies(), refusedBodies(), refusedBodyFraming())
}

func acceptedBodies() []vector {
	return []vector{
		accept("body/no-content-hash",
			"Without a content hash header the hash of the received body is signed.", func(r *recipe) { r.send("POST", order) }),
		accept("body/content-hash", "With a content hash header the body must match it.", func(r *recipe) {
			r.send("POST", order)
			r.contentHash = sha256Hex(order)
		}),
		accept("body/empty",
			"A POST with Content-Length: 0 signs the hash of nothing.", func(r *recipe) { r.send("POST", "") }),
		accept("body/empty-content-hash",
			"A GET without a body and with the hash of nothing.", func(r *recipe) { r.contentHash = sha256Hex("") }),
		accept("body/binary",
			"A body is bytes: NUL, a line feed, and what is no UTF-8.", func(r *recipe) { r.send("PUT", "\x00\r\n\xff\n") }),
		accept("body/chunked", "The hash is of the body without its chunk framing.", func(r *recipe) {
			r.send("POST", order)
			r.framing = "chunked"
		}),
		accept("body/chunked-content-hash", "A chunked body and its content hash header.", func(r *recipe) {
			r.send("POST", order)
			r.framing = "chunked"
			r.contentHash = sha256Hex(order)
		}),
		accept("body/unsigned-payload", "This key may leave the payload unsigned.", func(r *recipe) {
			r.signWith(keyUnsignedPayload, 0)
			r.send("POST", order)
			r.contentHash = unsignedPayload
		}),
		accept("body/expect", "A client that waits for 100 Continue.", func(r *recipe) {
			r.send("POST", order)
			r.contentHash = sha256Hex(order)
			r.add("Expect", "100-continue")
		}),
	}
}

func refusedBodies() []vector {
	hash := func(value string) func(*recipe) { return func(r *recipe) { r.contentHash = value } }
	body := func(text string) func(*recipe) {
		return func(r *recipe) { r.tamper = func(w *wire) { w.body = text } }
	}
	altered := strings.Replace(order, "12", "99", 1)
	return []vector{
		refuse("body/altered", "body/no-content-hash", "signature_mismatch",
			"The body is changed after signing.", body(altered)),
		refuse("body/altered-content-hash", "body/content-hash", "body_mismatch",
			"The body is changed after signing and no longer matches its hash.", body(altered)),
		refuse("body/altered-chunked", "body/chunked-content-hash", "body_mismatch",
			"The chunked body is changed after signing.", body(chunk(altered))),
		refuse("body/content-hash-altered", "body/content-hash", "signature_mismatch",
			"Body and content hash are both changed after signing.", func(r *recipe) {
				r.tamper = func(w *wire) {
					w.body = altered
					w.set("X-Countersign-Content-Sha256", sha256Hex(altered))
				}
			}),
		refuse("body/content-hash-of-nothing", "body/content-hash", "body_mismatch",
			"The content hash is that of an empty body.", hash(sha256Hex(""))),
		refuse("body/content-hash-of-another", "body/content-hash", "body_mismatch",
			"The content hash is that of another body.", hash(sha256Hex(altered))),
		refuse("body/added-to-empty", "body/empty-content-hash", "body_mismatch",
			"A body is added after signing.", func(r *recipe) {
				r.tamper = func(w *wire) {
					w.add("Content-Length", "3")
					w.body = "abc"
				}
			}),
		refuse("body/hashed-as-nothing", "body/no-content-hash", "signature_mismatch",
			"The hash of nothing is signed though there is a body, as curl does for uploads.", func(r *recipe) {
				r.body = ""
				r.edit = func(w *wire) {
					w.set("Content-Length", strconv.Itoa(len(order)))
					w.body = order
				}
			}),
		refuse("body/content-hash-upper-case", "body/content-hash", "bad_payload_hash",
			"The content hash is in upper case.", hash(strings.ToUpper(sha256Hex(order)))),
		refuse("body/content-hash-short", "body/content-hash", "bad_payload_hash",
			"The content hash lacks its last digit.", hash(sha256Hex(order)[:63])),
		refuse("body/content-hash-empty", "body/content-hash", "bad_payload_hash",
			"The content hash header is empty.", func(r *recipe) {
				r.edit = func(w *wire) { w.set("X-Countersign-Content-Sha256", "") }
			}),
		refuse("body/content-hash-joined", "body/content-hash", "bad_payload_hash",
			"The content hash header holds two hashes, joined with a comma.", hash(sha256Hex(order)+","+sha256Hex(order))),
		refuse("body/unsigned-payload-lower-case", "body/unsigned-payload", "bad_payload_hash",
			"The word for an unsigned payload is in lower case.", hash("unsigned-payload")),
		refuse("body/streaming", "dialect/aws4-content-hash", "bad_payload_hash",
			"A payload signed chunk by chunk is not supported.", hash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
		refuse("body/streaming-unsigned-trailer", "body/unsigned-payload", "bad_payload_hash",
			"An unsigned streaming payload is not supported, though the key may leave a payload unsigned.", hash("STREAMING-UNSIGNED-PAYLOAD-TRAILER")),
		refuse("body/streaming-trailer", "dialect/aws4-content-hash", "bad_payload_hash",
			"A payload signed chunk by chunk, with a trailer, is not supported.", hash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")),
		refuse("body/unsigned-payload-suffix", "body/unsigned-payload", "bad_payload_hash",
			"The word for an unsigned payload goes on.", hash("UNSIGNED-PAYLOAD-TRAILER")),
		refuse("body/unsigned-payload-not-allowed", "body/content-hash", "unsigned_payload",
			"The payload is left unsigned, which this key may not.", hash(unsignedPayload)),
		refuse("body/unsigned-payload-forged", "body/content-hash", "signature_mismatch",
			"The content hash header becomes UNSIGNED-PAYLOAD after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.set("X-Countersign-Content-Sha256", unsignedPayload) }
			}),
	}
}

func refusedBodyFraming() []vector {
	edit := func(edit func(*wire)) func(*recipe) { return func(r *recipe) { r.edit = edit } }
	cut := func(r *recipe) { r.tamper = func(w *wire) { w.body = w.body[:len(w.body)-10] } }
	trailer := func(w *wire) { w.body = strings.TrimSuffix(w.body, "\r\n") + "X-Checksum: 1\r\n\r\n" }
	return []vector{
		refuse("body/truncated", "body/no-content-hash", "body_truncated",
			"The connection ends before the body does.", cut),
		refuse("body/truncated-content-hash", "body/content-hash", "body_truncated",
			"The connection ends before the body does, which has a content hash.", cut),
		refuse("body/truncated-chunked", "body/chunked", "body_truncated",
			"The last chunk is missing; all of the signed bytes are there.", edit(func(w *wire) { w.body = strings.TrimSuffix(w.body, "0\r\n\r\n") })),
		refuse("body/truncated-in-chunk", "body/chunked-content-hash", "body_truncated",
			"The connection ends within a chunk.", cut),
		refuse("body/trailer", "body/chunked", "trailer", "A trailer is declared and sent.", edit(func(w *wire) {
			w.add("Trailer", "X-Checksum")
			trailer(w)
		})),
		refuse("body/trailer-declared", "body/chunked", "trailer",
			"A trailer is declared and not sent.", edit(func(w *wire) { w.add("Trailer", "X-Checksum") })),
		refuse("body/trailer-undeclared", "body/chunked-content-hash", "trailer",
			"A trailer is sent that was not declared.", edit(trailer)),
		refuse("body/trailer-without-chunks", "body/no-content-hash", "trailer",
			"A trailer is declared for a body that cannot have one.", edit(func(w *wire) { w.add("Trailer", "X-Checksum") })),
		atParser(refuse("body/two-framings", "body/chunked", "bad_header",
			"Content-Length stands beside Transfer-Encoding.", edit(func(w *wire) { w.add("Content-Length", "5") }))),
		atParser(refuse("body/two-framings-by-case", "body/chunked-content-hash", "bad_header",
			"Content-Length stands before Transfer-Encoding, both in lower case.", func(r *recipe) {
				r.tamper = func(w *wire) {
					w.remove("Transfer-Encoding")
					w.add("content-length", strconv.Itoa(len(w.body)))
					w.add("transfer-encoding", "chunked")
				}
			})),
		atParser(refuse("body/other-coding", "body/chunked", "bad_header",
			"A transfer coding that is not chunked.", edit(func(w *wire) { w.set("Transfer-Encoding", "identity") }))),
		atParser(refuse("body/two-codings", "body/chunked", "bad_header",
			"Two transfer codings, of which chunked is the last.", edit(func(w *wire) { w.set("Transfer-Encoding", "gzip, chunked") }))),
		atParser(refuse("body/coding-twice", "body/chunked", "bad_header",
			"Transfer-Encoding comes twice.", edit(func(w *wire) { w.add("Transfer-Encoding", "chunked") }))),
		atParser(refuse("body/two-lengths", "body/no-content-hash", "bad_header",
			"Content-Length comes twice, with two values.", edit(func(w *wire) { w.add("Content-Length", "5") }))),
		atParser(refuse("body/length-repeated", "body/no-content-hash", "bad_header",
			"Content-Length comes twice, with one value.", edit(func(w *wire) { w.add("Content-Length", w.get("Content-Length")) }))),
		atParser(refuse("body/length-signed-number", "body/no-content-hash", "bad_header",
			"Content-Length has a plus sign.", edit(func(w *wire) { w.set("Content-Length", "+"+w.get("Content-Length")) }))),
	}
}
