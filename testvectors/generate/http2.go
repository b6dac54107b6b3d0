package main

// http2Vectors are what only HTTP/2 can send: there the target and the host are fields like any
// other, and their lines are not split at spaces.
func http2Vectors() []vector {
	to := func(target string) func(*recipe) { return func(r *recipe) { r.target = target } }
	after := func(tamper func(*wire)) func(*recipe) { return func(r *recipe) { r.tamper = tamper } }
	return []vector{
		accept("syntax/http2", "A GET over HTTP/2: :authority is signed as the host.", func(r *recipe) { r.http2 = true }),
		accept("syntax/http2-post", "A POST over HTTP/2.", func(r *recipe) {
			r.http2 = true
			r.send("POST", order)
			r.add("Content-Type", "application/json")
		}),
		accept("syntax/http2-presigned", "A presigned URL over HTTP/2.", func(r *recipe) {
			r.http2 = true
			r.presign("300")
		}),
		accept("headers/http2-host-equal", "A host field that equals :authority stands beside it.", func(r *recipe) {
			r.http2 = true
			r.tamper = func(w *wire) { w.add("host", w.get("Host")) }
		}),
		accept("headers/http2-host-alone", "A host field stands in place of :authority.", func(r *recipe) {
			r.http2 = true
			r.tamper = func(w *wire) { w.headers[0].name = "host" }
		}),

		refuse("headers/http2-host-differs", "headers/http2-host-equal", "bad_header",
			"The host field differs from :authority, which was signed.", after(func(w *wire) { w.add("host", "other.example") })),
		refuse("headers/http2-authority-differs", "headers/http2-host-equal", "bad_header",
			"The :authority differs from the host field, which was signed.", after(func(w *wire) {
				w.add("host", w.get("Host"))
				w.headers[0].value = "other.example"
			})),
		refuse("headers/http2-authority-altered", "syntax/http2", "signature_mismatch",
			"The :authority is changed after signing.", after(func(w *wire) { w.headers[0].value = "other.example" })),
		refuse("syntax/http2-space-in-path", "syntax/http2", "bad_target",
			"The :path holds a space.", to("/v1/two words")),
		refuse("syntax/http2-request-line-in-path", "syntax/http2", "bad_target",
			"The :path ends as a request line does: a gateway would write two into one.", to("/v1/orders HTTP/1.1")),
		refuse("syntax/http2-utf8-in-path", "syntax/http2", "bad_target",
			"The :path holds UTF-8 that is not escaped.", to("/v1/café")),
		refuse("syntax/http2-fragment", "syntax/http2", "bad_target",
			"The :path holds a fragment.", to("/v1/orders#top")),
		refuse("syntax/http2-absolute-path", "syntax/http2", "bad_target",
			"The :path holds scheme and host.", to("https://vectors.example/v1/orders")),
		refuse("syntax/http2-method-with-space", "syntax/http2", "bad_target",
			"The :method is no token: a gateway would write its second word as the target.", func(r *recipe) { r.method = "GET /admin" }),
	}
}
