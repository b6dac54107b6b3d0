package testvectors

import "slices"

// reasons is the closed list of what a refused case may expect. SPEC §9 has all of them.
var reasons = []string{
	"bad_target", "bad_path", "bad_query", "bad_header", "bad_authorization", "bad_time", "bad_nonce",
	"bad_payload_hash", "mixed_modes", "unsigned_header", "missing_header", "bad_expires", "limit_exceeded",
	"trailer", "body_truncated",
	"missing_signature",
	"wrong_scope", "far_time", "unknown_key", "key_disabled", "key_expired", "key_environment", "key_dialect",
	"signature_mismatch", "body_mismatch",
	"clock_skew", "presign_expired", "store_floor",
	"replayed",
	"insufficient_scope", "source_not_allowed", "unsigned_payload", "no_route",
	"payload_too_large",
	"rate_limited", "claim_quota",
	"keys_unavailable", "store_unavailable", "store_full", "disk_low", "overloaded",
}

// Reasons returns the closed list of reasons that a case may name.
func Reasons() []string {
	return slices.Clone(reasons)
}
