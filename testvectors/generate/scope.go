package main

import "strings"

func scopeVectors() []vector {
	return []vector{
		refuse("scope/other-region", "path/plain", "wrong_scope",
			"A key of the environment test signs for the region live.", func(r *recipe) { r.region = "live" }),
		refuse("scope/other-service", "path/plain", "wrong_scope",
			"The request is signed for another service.", func(r *recipe) { r.service = "orders" }),
		refuse("scope/service-prefix", "path/plain", "wrong_scope",
			"The scope's service is the start of the verifier's.", func(r *recipe) { r.service = "vector" }),
		refuse("scope/date-before", "path/plain", "wrong_scope",
			"The scope's date is the day before the request's.", func(r *recipe) { r.scopeDate = "20260101" }),
		refuse("scope/date-after", "time/before-midnight", "wrong_scope",
			"The scope's date is the verifier's day and not the request's.", func(r *recipe) { r.scopeDate = "20260103" }),
		refuse("scope/date-short", "path/plain", "bad_authorization",
			"The scope's date has seven digits.", func(r *recipe) { r.scopeDate = "2026012" }),
		refuse("scope/date-separated", "path/plain", "bad_authorization",
			"The scope's date is written with hyphens.", func(r *recipe) { r.scopeDate = "2026-01-02" }),
		refuse("scope/date-impossible", "time/leap-day", "bad_authorization",
			"The scope's date is the 30th of February.", func(r *recipe) { r.scopeDate = "20280230" }),
		refuse("scope/region-empty", "path/plain", "bad_authorization",
			"The region is empty.", func(r *recipe) { r.region = "" }),
		refuse("scope/region-upper-case", "path/plain", "bad_authorization",
			"The region is in upper case.", func(r *recipe) { r.region = "TEST" }),
		refuse("scope/region-long", "path/plain", "bad_authorization",
			"The region has 65 characters.", func(r *recipe) { r.region = strings.Repeat("t", 65) }),
		refuse("scope/service-empty", "path/plain", "bad_authorization",
			"The service is empty.", func(r *recipe) { r.service = "" }),
		refuse("scope/service-underscore", "path/plain", "bad_authorization",
			"The service holds a character that it may not hold.", func(r *recipe) { r.service = "vec_tors" }),
		refuse("scope/service-s3", "path/plain", "bad_authorization",
			"A service whose name begins with s3, for which signers encode the path another way.", func(r *recipe) { r.service = "s3" }),
		refuse("scope/service-s3-longer", "path/plain", "bad_authorization",
			"A service whose name begins with s3, and goes on.", func(r *recipe) { r.service = "s3-outposts" }),
		refuse("scope/terminator-unknown", "path/plain", "bad_authorization",
			"The terminator is of no dialect.", func(r *recipe) { r.dialect.terminator = "cs5_request" }),
		refuse("scope/region-altered", "path/plain", "wrong_scope",
			"The region is changed after signing.", func(r *recipe) {
				r.authorization = func(a authorization) string { return strings.Replace(a.String(), "/test/", "/live/", 1) }
			}),
		refuse("scope/region-forged", "path/plain", "signature_mismatch",
			"The request is signed for another region, and the verifier's is written over it.", func(r *recipe) {
				r.region = "live"
				r.authorization = func(a authorization) string { return strings.Replace(a.String(), "/live/", "/test/", 1) }
			}),
	}
}
