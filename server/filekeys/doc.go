// Package filekeys keeps API keys in a YAML file: [Open] reads one as a [server.KeySource] that
// follows the file's changes, and [Edit] changes one safely while it is being served.
//
// The file lists keys under a version number:
//
//	version: 1
//	keys:
//	  - id: ck_live_7h2kq9m4x8wz3n5c
//	    environment: live                      # the region of the verifiers that accept the key
//	    scopes: [orders:read, orders:write]
//	    dialects: [cs4, aws4]                  # default [cs4]
//	    expires_at: 2027-06-30T00:00:00Z
//	    secrets:                               # newest first, at most four active
//	      - secret: cs_live_…
//	        created_at: 2026-11-20T09:00:00Z
//	      - secret: cs_live_…
//	        not_after: 2026-11-21T09:00:00Z    # the rotation overlap
//	    disabled: false                        # from here on: all optional
//	    sources: [10.0.0.0/8, 2001:db8::/32]
//	    rate_tier: bulk
//	    unsigned_payload: false
//	    sign_content: false
//
// Reading is strict: what is unknown, doubled, misspelt or out of its grammar is refused with file,
// line and fix, and no error ever holds a value that could be a secret. Because it holds secrets, a
// file that others can read, or that others or its group can write, is refused; one that its group
// can read is fine.
//
// Write the file by renaming a finished one over it, as [Edit] and every configuration manager do:
// a file that is written in place may be read half-finished, and keys that are not yet written are
// then unknown until the next reload, a moment later.
package filekeys
