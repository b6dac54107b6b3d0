package main

import "strings"

func keyVectors() []vector {
	using := func(k *key, secret int) func(*recipe) { return func(r *recipe) { r.signWith(k, secret) } }
	id := func(id string) func(*recipe) { return func(r *recipe) { r.keyID = id } }
	return []vector{
		accept("keys/newest-secret", "The newest secret of a key that is being rotated.", using(keyRotated, 0)),
		accept("keys/older-secret",
			"The older secret of a key, within the overlap of its rotation.", using(keyRotated, 1)),
		accept("keys/older-secret-last-second",
			"The older secret of a key, in the last second of the overlap.", func(r *recipe) {
				r.signWith(keyRotated, 1)
				r.clock, r.date = "20260103T000000Z", "20260103T000000Z"
			}),
		accept("keys/older-secret-presigned", "A presigned URL made with the older secret, within the overlap.", func(r *recipe) {
			r.signWith(keyRotated, 1)
			r.clock, r.date = "20260102T235900Z", "20260102T235000Z"
			r.presign("900")
		}),
		accept("keys/last-second-before-expiry", "A key that expires, in the last second before.", func(r *recipe) {
			r.signWith(keyExpired, 0)
			r.clock, r.date = "20251231T235959Z", "20251231T235959Z"
		}),
		accept("keys/before-expiry", "A key that expires, before it does.", func(r *recipe) {
			r.signWith(keyExpired, 0)
			r.clock, r.date = "20251231T120000Z", "20251231T120000Z"
		}),
		accept("keys/cs4-only", "A key that may use CS4 alone, and does.", using(keyCS4, 0)),
		accept("keys/source-allowed", "A key bound to networks, used from one of them.", func(r *recipe) {
			r.signWith(keySource, 0)
			r.remote = "127.20.0.3"
			r.add("X-Forwarded-For", "127.0.0.1")
		}),

		refuse("keys/unknown", "path/plain", "unknown_key",
			"No such key; it would be signed correctly.", using(keyUnknown, 0)),
		refuse("keys/unknown-longest", "path/plain", "unknown_key",
			"A key id of 128 characters, which no key has.", id(strings.Repeat("k", 128))),
		refuse("keys/unknown-case", "path/plain", "unknown_key",
			"The key id is in upper case.", id(strings.ToUpper(keyBoth.ID))),
		refuse("keys/disabled", "path/plain", "key_disabled", "The key is disabled.", using(keyDisabled, 0)),
		refuse("keys/expired", "keys/before-expiry", "key_expired",
			"The same key, a day after it expired.", func(r *recipe) {
				r.clock, r.date = "20260102T120000Z", "20260102T120000Z"
			}),
		refuse("keys/expired-now", "keys/last-second-before-expiry", "key_expired",
			"The same key, in the second in which it expires.", func(r *recipe) {
				r.clock, r.date = "20260101T000000Z", "20260101T000000Z"
			}),
		refuse("keys/expired-since-signing", "keys/last-second-before-expiry", "key_expired",
			"Signed in that second, and verified in the next.", func(r *recipe) { r.clock = "20260101T000000Z" }),
		refuse("keys/other-environment", "path/plain", "key_environment",
			"The key is of another environment, though it signs for this region.", using(keyLive, 0)),
		refuse("keys/secret-past-overlap", "keys/older-secret", "signature_mismatch",
			"A secret that was valid until the day before.", using(keyRotated, 2)),
		refuse("keys/secret-past-overlap-now", "keys/older-secret-last-second", "signature_mismatch",
			"The older secret, a second after the overlap.", func(r *recipe) {
				r.clock, r.date = "20260103T000001Z", "20260103T000001Z"
			}),
		refuse("keys/secret-past-overlap-since-signing", "keys/older-secret-last-second", "signature_mismatch",
			"Signed in the last second of the overlap, and verified in the next.", func(r *recipe) { r.clock = "20260103T000001Z" }),
		refuse("keys/secret-past-overlap-presigned", "keys/older-secret-presigned", "signature_mismatch",
			"The URL is used after the overlap, though it has not expired.", func(r *recipe) { r.clock = "20260103T000001Z" }),
		refuse("keys/secret-of-another-key", "path/plain", "signature_mismatch",
			"Signed with another key's secret.", func(r *recipe) { r.secret = keyCS4.Secrets[0].Secret }),
		refuse("keys/secret-with-line-feed", "path/plain", "signature_mismatch",
			"Signed with a line feed after the secret, as read from a file.", func(r *recipe) { r.secret += "\n" }),
		refuse("keys/secret-empty", "path/plain", "signature_mismatch",
			"Signed with an empty secret.", func(r *recipe) { r.secret = "" }),
		refuse("keys/id-swapped", "path/plain", "signature_mismatch",
			"The key id becomes another key's after signing.", func(r *recipe) {
				r.authorization = func(a authorization) string {
					return strings.Replace(a.String(), keyBoth.ID, keyCS4.ID, 1)
				}
			}),
		refuse("keys/source-not-allowed", "keys/source-allowed", "source_not_allowed",
			"A key bound to networks, used from elsewhere; X-Forwarded-For is not believed.", func(r *recipe) { r.remote = "192.0.2.1" }),
		refuse("keys/id-with-slash", "path/plain", "bad_authorization",
			"The key id holds a path.", id("../../secret/"+keyBoth.ID)),
		refuse("keys/id-with-backslash", "path/plain", "bad_authorization",
			"The key id holds a backslash.", id(`..\secret`)),
		refuse("keys/id-with-question-mark", "path/plain", "bad_authorization",
			"The key id holds a question mark.", id(keyBoth.ID+"?version=1")),
		refuse("keys/id-with-nul-escape", "path/plain", "bad_authorization",
			"The key id holds an escaped NUL.", id(keyBoth.ID+"%00")),
		refuse("keys/id-is-secret", "path/plain", "bad_authorization",
			"The key id is a secret, by mistake: it is refused before it is looked up or logged.", id(keyBoth.Secrets[0].Secret)),
		refuse("keys/id-dot-dot", "path/plain", "bad_authorization", "The key id is two dots.", id("..")),
		refuse("keys/id-dot", "path/plain", "bad_authorization", "The key id is a dot.", id(".")),
		refuse("keys/id-escaped", "path/plain", "bad_authorization",
			"The key id holds an escaped slash.", id("ck_test_..%2Fsecret")),
		refuse("keys/id-empty", "path/plain", "bad_authorization", "The key id is empty.", id("")),
		refuse("keys/id-too-long", "path/plain", "bad_authorization",
			"A key id of 129 characters.", id(strings.Repeat("k", 129))),
	}
}
