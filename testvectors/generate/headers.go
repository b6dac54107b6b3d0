package main

import "slices"

func headerVectors() []vector {
	return slices.Concat(acceptedHeaders(), refusedHeaders(), refusedSignedHeaders(), refusedHeaderFraming())
}

func with(name, value string) func(*recipe) {
	return func(r *recipe) { r.add(name, value) }
}

func withUnsigned(name, value string) func(*recipe) {
	return func(r *recipe) { r.addUnsigned(name, value) }
}

func acceptedHeaders() []vector {
	return []vector{
		accept("headers/trimmed",
			"Spaces and tabs around a value are not part of it.", with("X-Note", " \t  padded \t ")),
		accept("headers/spaces-collapsed",
			"A run of spaces within a value is signed as one.", with("X-Note", "one   two  three")),
		accept("headers/tab-kept",
			"Only spaces are collapsed: a tab within a value is signed as it stands.", with("X-Note", "one \t two\tthree")),
		accept("headers/quoted-spaces",
			"Spaces are collapsed between quotation marks too.", with("X-Note", `"one   two"`)),
		accept("headers/repeated",
			"Repeated headers are joined with a comma in the order of the wire.", func(r *recipe) {
				r.add("X-Tag", "zebra")
				r.add("X-Tag", " apple ")
				r.add("x-tag", "mango")
			}),
		accept("headers/empty-value", "An empty value is signed as one.", with("X-Note", "")),
		accept("headers/name-case",
			"A name is signed in lower case however it was sent.", with("x-NOTE", "Value Case Is Kept")),
		accept("headers/host-with-port",
			"The port is part of the signed host.", func(r *recipe) { r.headers[0].value = "vectors.example:8443" }),
		accept("headers/content-type", "Content-Type is signed.", func(r *recipe) {
			r.send("POST", `{"id":1}`)
			r.add("Content-Type", "application/json; charset=utf-8")
		}),
		accept("headers/content-encoding",
			"Content-Encoding is signed; the body is hashed as sent.", func(r *recipe) {
				r.send("POST", "not really gzip")
				r.add("Content-Encoding", "gzip")
			}),
		accept("headers/content-length-signed", "A signer may sign Content-Length.", func(r *recipe) {
			r.send("POST", `{"id":1}`)
			r.list = func(names []string) []string { return append([]string{"content-length"}, names...) }
		}),
		accept("headers/unsigned-others", "Headers that no rule names need not be signed.", func(r *recipe) {
			r.add("User-Agent", "vectors/1.0")
			r.addUnsigned("Accept-Encoding", "gzip")
			r.addUnsigned("X-Request-Id", "7")
		}),
		accept("headers/connection",
			"A Connection header that names no signed header does no harm.", func(r *recipe) {
				r.add("Connection", "keep-alive, x-hop")
				r.addUnsigned("X-Hop", "1")
			}),
		accept("headers/method-override-signed", "A method override is accepted when it is signed.", func(r *recipe) {
			r.send("POST", "")
			r.add("X-HTTP-Method-Override", "DELETE")
		}),
		accept("headers/required-signed",
			"A header of require_signed is signed.", with("Idempotency-Key", "order-17")),
	}
}
