package main

func queryVectors() []vector {
	to := func(target string) func(*recipe) { return func(r *recipe) { r.target = target } }
	asSent := func(target string) func(*recipe) {
		return func(r *recipe) { r.target, r.form = target, formAsSent }
	}
	altered := func(target string) func(*recipe) {
		return func(r *recipe) { r.tamper = func(w *wire) { w.target = target } }
	}
	dropped := func(target, signed string) func(*recipe) {
		return func(r *recipe) { r.target, r.signedTarget = target, signed }
	}
	return []vector{
		accept("query/sorted", "Two parameters, sent in the canonical order.", to("/v1/orders?a=1&b=2")),
		accept("query/unsorted", "Parameters are sorted before they are signed.", to("/v1/orders?b=2&a=1")),
		accept("query/sorted-by-name",
			"Names are compared before values: a comes before a-b, though = comes after -.", to("/v1/orders?a-b=1&a=2&A=3")),
		accept("query/sorted-encoded",
			"The order is that of the encoded names: an accented letter comes before z.", to("/v1/orders?z=1&%C3%A9=2")),
		accept("query/repeated-name", "One name's values are sorted too.", to("/v1/orders?id=3&id=1&id=2")),
		accept("query/empty-value", "An empty value keeps its equals sign.", to("/v1/orders?verbose=")),
		accept("query/no-value", "A name without an equals sign is signed with one.", to("/v1/orders?verbose")),
		accept("query/plus-as-space",
			"A raw plus sign in a query is a space, signed as %20.", to("/v1/orders?q=two+words")),
		accept("query/escaped-space", "An escaped space is signed as %20.", to("/v1/orders?q=two%20words")),
		accept("query/escaped-delimiters",
			"Escaped delimiters are data, and they stay escaped.", to("/v1/orders?q=a%26b%3Bc%3Dd%2Be%23f%25g")),
		accept("query/equals-in-value",
			"The first equals sign splits; the others are escaped.", to("/v1/orders?filter=a=b=c")),
		accept("query/raw-reserved",
			"Reserved characters that were sent raw are signed escaped.", to("/v1/orders?at=12:30/x?y@z,(1)!*'")),
		accept("query/lower-case-escapes",
			"A query, unlike a path, is decoded and encoded again: hex digits become upper case.", to("/v1/orders?q=caf%c3%a9")),
		accept("query/escaped-unreserved", "A needless escape is undone.", to("/v1/orders?%61=%2D%7E")),
		accept("query/bare-question-mark", "A bare question mark is an empty query.", to("/v1/orders?")),
		accept("query/as-sent-unsorted",
			"An older curl signs path and query as sent: unsorted.", asSent("/v1/orders?b=2&a=1")),
		accept("query/as-sent-raw",
			"An older curl signs path and query as sent: neither encoded again, nor an equals sign added.", asSent("/v1/x:y?t=12:30&verbose")),

		refuse("query/semicolon", "query/as-sent-unsorted", "bad_query",
			"A raw semicolon, at which some parsers split and others drop the pair.", to("/v1/orders?b=2&a=1;c=3")),
		refuse("query/semicolon-dropped", "query/sorted", "bad_query",
			"A pair with a raw semicolon is added and not signed, as if it were not there.", dropped("/v1/orders?a=1&admin=true;x&b=2", "/v1/orders?a=1&b=2")),
		refuse("query/bad-escape", "query/as-sent-unsorted", "bad_query",
			"A percent sign followed by no hex digits.", to("/v1/orders?b=2&a=%zz")),
		refuse("query/bad-escape-in-name", "query/as-sent-unsorted", "bad_query",
			"A bad escape in a name.", to("/v1/orders?b=2&%g1=1")),
		refuse("query/short-escape", "query/as-sent-unsorted", "bad_query",
			"The query ends in the middle of an escape.", to("/v1/orders?b=2&a=%4")),
		refuse("query/bad-escape-dropped", "query/sorted", "bad_query",
			"A pair with a bad escape is added and not signed, as if it were not there.", dropped("/v1/orders?a=1&admin=true%zz&b=2", "/v1/orders?a=1&b=2")),
		refuse("query/empty-name", "query/as-sent-unsorted", "bad_query",
			"A value without a name.", to("/v1/orders?b=2&=1")),
		refuse("query/empty-pair", "query/as-sent-unsorted", "bad_query",
			"Two ampersands in a row.", to("/v1/orders?b=2&&a=1")),
		refuse("query/empty-first-pair", "query/as-sent-unsorted", "bad_query",
			"An ampersand first.", to("/v1/orders?&b=2&a=1")),
		refuse("query/empty-last-pair", "query/as-sent-unsorted", "bad_query",
			"An ampersand last.", to("/v1/orders?b=2&a=1&")),
		refuse("query/lone-ampersand", "query/as-sent-unsorted", "bad_query",
			"Nothing but an ampersand.", to("/v1/orders?&")),
		refuse("query/escaped-nul", "query/sorted", "bad_query",
			"An escaped NUL in a value.", to("/v1/orders?a=1%00&b=2")),
		refuse("query/invalid-utf8", "query/lower-case-escapes", "bad_query",
			"The second byte of the UTF-8 sequence is missing.", to("/v1/orders?q=caf%c3")),
		refuse("query/overlong-utf8", "query/lower-case-escapes", "bad_query",
			"An overlong UTF-8 encoding of a letter.", to("/v1/orders?q=caf%c1%a1")),
		refuse("query/overlong-nul", "query/lower-case-escapes", "bad_query",
			"An overlong UTF-8 encoding of NUL.", to("/v1/orders?q=caf%c0%80")),
		refuse("query/surrogate", "query/lower-case-escapes", "bad_query",
			"A UTF-16 surrogate encoded as if it were UTF-8.", to("/v1/orders?q=caf%ed%a0%80")),
		refuse("query/semicolon-in-name", "query/sorted", "bad_query",
			"A raw semicolon in a name is added and not signed.", dropped("/v1/orders?a=1&b=2&admin;=true", "/v1/orders?a=1&b=2")),
		refuse("query/altered-value", "query/sorted", "signature_mismatch",
			"One value is changed after signing.", altered("/v1/orders?a=1&b=3")),
		refuse("query/altered-name", "query/sorted", "signature_mismatch",
			"One name is changed after signing.", altered("/v1/orders?a=1&c=2")),
		refuse("query/added", "query/sorted", "signature_mismatch",
			"A parameter is added after signing.", altered("/v1/orders?a=1&admin=true&b=2")),
		refuse("query/added-to-none", "path/plain", "signature_mismatch",
			"A query is added after signing.", altered("/v1/orders?admin=true")),
		refuse("query/removed", "query/sorted", "signature_mismatch",
			"A parameter is removed after signing.", altered("/v1/orders?a=1")),
		refuse("query/split-value", "query/escaped-delimiters", "signature_mismatch",
			"An escaped ampersand is unescaped after signing, so one parameter becomes two.", altered("/v1/orders?q=a&b%3Bc%3Dd%2Be%23f%25g")),
		refuse("query/plus-unescaped", "query/escaped-delimiters", "signature_mismatch",
			"An escaped plus sign is unescaped after signing, so it becomes a space.", altered("/v1/orders?q=a%26b%3Bc%3Dd+e%23f%25g")),
		refuse("query/moved-to-path", "query/sorted", "signature_mismatch",
			"The question mark is escaped after signing, so the query becomes part of the path.", altered("/v1/orders%3Fa=1&b=2")),
		refuse("query/as-sent-reordered", "query/as-sent-unsorted", "signature_mismatch",
			"A query that was signed as sent is sorted after signing.", altered("/v1/orders?a=1&b=2")),
		refuse("query/as-sent-path-encoded", "query/as-sent-raw", "signature_mismatch",
			"The path is encoded and the query signed as sent: no signer does that, and no form allows it.", func(r *recipe) {
				r.signedTarget = "/v1/x%3Ay?t=12:30&verbose"
			}),
	}
}
