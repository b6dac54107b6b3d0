// Package vaultkeys keeps API keys in HashiCorp Vault: [Open] makes a [server.KeySource] of a KV
// engine, version 2, that follows changes, [Connect] is for programs that look after keys.
//
// # Records
//
// Each key is a path of its own, <mount>/data/<prefix>/<key-id>, by default
// secret/data/countersign/keys/<key-id>, with these fields, those of [Fields]:
//
//	secret            cs_live_…                    required
//	environment       live                         required: the region of the verifiers that accept the key
//	scopes            [orders:read, orders:write]
//	dialects          [cs4, aws4]                  default [cs4]
//	expires_at        2027-06-30T00:00:00Z
//	disabled          false
//	sources           [10.0.0.0/8]
//	rate_tier         bulk
//	unsigned_payload  false
//	sign_content      false
//	revoke_previous   false
//
// Lists may be written as text with commas, and true and false as text, because the vault command
// writes nothing else. What is unknown, missing or out of its grammar is refused: that key then
// fails, with one line in the log that names key and field, and all others go on. So does a key
// with a secret that another one has, or had lately: whichever is read first keeps it.
//
// # Rotation
//
// To rotate a key, write a version with another secret, all other fields as they were. The secret
// before stays valid for the overlap, 24 hours by default, counted from the creation of the version
// that brought the new one, so that later edits of other fields do not change its end. A key that
// is rotated faster has up to four valid secrets. Everything but secrets comes from the current
// version alone, and secrets of versions of another environment are not valid in this one.
//
// A version that says revoke_previous ends all secrets of versions before it at once. It stays true
// for that version; a patch copies it into the next one, so set it to false when rotating again
// with an overlap.
//
// Deleting or destroying the current version, or the whole path, revokes the key: within the refresh
// interval, and never is it answered from an older version. Deleting or destroying an older version
// ends its secret and all secrets before it: it might have been an edit, with its secret in the
// version before as well. What is undeleted is valid again. A version with a deletion time
// (delete_version_after) counts as deleted from that instant on, also while Vault is out.
//
// Vault keeps ten versions of a path unless told otherwise. A secret whose version has been pushed
// out is no longer valid, even within its overlap: with more than nine edits in an overlap raise
// max_versions of the path. At most 64 versions are looked at.
//
// # Outages
//
// A request waits for Vault only when it is the first to name a key, or the first after a long
// while, and that wait is bounded. Otherwise answers come from memory, which is refreshed in the
// background. When Vault cannot be reached, is sealed, answers errors, 403 or nonsense, what is in
// memory stays in force until Options.MaxStale after it was due; from then on every request is
// answered 503. Changes and revocations made meanwhile are in force when Vault answers again.
//
// Unknown keys are answered as known ones with a wrong signature are, and in the same time, with one
// exception: a key that is not in memory yet, or not any more. Its first use takes as long as Vault
// does, and in an outage it is answered 503, where an unknown one is answered 401. Both show that
// the id exists: key ids are no secrets.
//
// policy.hcl, beside this file, is all that the verifier's token needs; RUNBOOK.md tells operators
// how to set Vault up and how to make, rotate and revoke keys.
package vaultkeys
