package main

func dialectVectors() []vector {
	to := func(d dialect) func(*recipe) { return func(r *recipe) { r.dialect = d } }
	return []vector{
		accept("dialect/aws4", "The compatibility dialect.", to(aws4)),
		accept("dialect/aws4-post",
			"A POST in AWS4 whose Content-Type is not signed, as some signers do.", func(r *recipe) {
				r.dialect = aws4
				r.send("POST", order)
				r.addUnsigned("Content-Type", "application/json")
			}),
		accept("dialect/aws4-content-hash", "A POST in AWS4 with the content hash header.", func(r *recipe) {
			r.dialect = aws4
			r.send("POST", order)
			r.contentHash = sha256Hex(order)
		}),
		accept("dialect/aws4-other-header",
			"Any header with the prefix X-Amz- is accepted when it is signed.", func(r *recipe) {
				r.dialect = aws4
				r.add("X-Amz-Target", "Orders.List")
			}),
		accept("dialect/aws4-cloudfront",
			"CloudFront adds X-Amz-Cf-Id on the way, so it need not be signed.", func(r *recipe) {
				r.dialect = aws4
				r.addUnsigned("X-Amz-Cf-Id", "abc==")
			}),
		accept("dialect/aws4-only", "A key that may use AWS4 alone, and does.", func(r *recipe) {
			r.dialect = aws4
			r.signWith(keyAWS4, 0)
		}),
		accept("dialect/aws4-path-as-sent",
			"An older curl in AWS4 signs the path as sent.", func(r *recipe) {
				r.dialect = aws4
				r.target, r.form = "/v1/x:y?b=2&a=1", formPathAsSent
			}),
		accept("dialect/aws4-as-sent",
			"A still older curl in AWS4 signs path and query as sent.", func(r *recipe) {
				r.dialect = aws4
				r.target, r.form = "/v1/x:y?b=2&a=1", formAsSent
			}),
		accept("dialect/cs4-near-prefix", "X-Amzn-Trace-Id does not have the prefix X-Amz-.", func(r *recipe) {
			r.addUnsigned("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")
		}),

		refuse("dialect/aws4-not-allowed", "keys/cs4-only", "key_dialect",
			"The key may use CS4 alone; the request is AWS4.", to(aws4)),
		refuse("dialect/cs4-not-allowed", "dialect/aws4-only", "key_dialect",
			"The key may use AWS4 alone; the request is CS4.", to(cs4)),
		refuse("dialect/cs4-with-aws4-terminator", "path/plain", "bad_authorization",
			"The scope ends in the other dialect's terminator.", func(r *recipe) { r.dialect.terminator = aws4.terminator }),
		refuse("dialect/aws4-with-cs4-terminator", "dialect/aws4", "bad_authorization",
			"The scope ends in the other dialect's terminator.", func(r *recipe) { r.dialect.terminator = cs4.terminator }),
		refuse("dialect/aws4-with-cs4-key-prefix", "dialect/aws4", "signature_mismatch",
			"The signing key is derived with the other dialect's prefix.", func(r *recipe) { r.dialect.keyPrefix = cs4.keyPrefix }),
		refuse("dialect/cs4-with-aws4-date", "path/plain", "mixed_modes",
			"The other dialect's date header is added, signed.", with("X-Amz-Date", clock)),
		refuse("dialect/cs4-with-aws4-nonce", "path/plain", "mixed_modes",
			"The other dialect's nonce header is added, signed.", with("X-Amz-Nonce", "0123456789abcdef")),
		refuse("dialect/cs4-with-aws4-content-hash", "path/plain", "mixed_modes",
			"The other dialect's content hash header is added, signed.", with("X-Amz-Content-Sha256", sha256Hex(""))),
		refuse("dialect/aws4-with-cs4-nonce", "dialect/aws4", "mixed_modes",
			"The other dialect's nonce header is added, signed.", with("X-Countersign-Nonce", "0123456789abcdef")),
		refuse("dialect/aws4-with-cs4-date-unsigned", "dialect/aws4", "mixed_modes",
			"The other dialect's date header is added, unsigned.", func(r *recipe) { r.addUnsigned("X-Countersign-Date", clock) }),
		refuse("dialect/aws4-with-undefined-own", "dialect/aws4", "bad_header",
			"An X-Countersign header that the protocol does not define, in the other dialect.", with("X-Countersign-Identity", "admin")),
		refuse("dialect/query-name", "query/sorted", "mixed_modes",
			"A query name has the dialect's prefix, in a request signed in headers.", func(r *recipe) { r.target += "&X-Countersign-Expires=900" }),
		refuse("dialect/query-name-case", "query/sorted", "mixed_modes",
			"A query name has the dialect's prefix in lower case.", func(r *recipe) { r.target += "&x-countersign-note=1" }),
		refuse("dialect/query-name-other", "query/sorted", "mixed_modes",
			"A query name has the other dialect's prefix.", func(r *recipe) { r.target += "&X-Amz-Note=1" }),
		refuse("dialect/query-name-escaped", "query/sorted", "mixed_modes",
			"A query name has the other dialect's prefix once it is decoded.", func(r *recipe) { r.target += "&X-Am%7A-Signature=1" }),
	}
}
