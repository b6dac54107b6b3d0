package explain

import (
	"errors"

	"github.com/countersign-dev/countersign/canonical"
)

// Problem is a rule that the request breaks: any verifier refuses it for that.
type Problem struct {
	Reason canonical.Reason `json:"reason"`
	Detail string           `json:"detail"`
	Fix    string           `json:"fix"`
}

func problem(reason canonical.Reason, detail string) Problem {
	return Problem{Reason: reason, Detail: detail, Fix: fixes[reason]}
}

// problemOf makes a problem of the parser's error.
func problemOf(err error) Problem {
	var broken *canonical.Error
	if errors.As(err, &broken) {
		return problem(broken.Reason, broken.Detail)
	}
	return problem(canonical.BadHeader, err.Error())
}

// fixes says for each reason what is to be done about it.
var fixes = map[canonical.Reason]string{
	canonical.BadTarget:         "send an origin-form target (/path?query) and percent-encode every other byte, then sign again",
	canonical.BadPath:           "send the plain path, without empty, . or .. segments and escaped slashes, then sign again",
	canonical.BadQuery:          "percent-encode the query's names and values (; is %3B) and drop empty pairs, then sign again",
	canonical.BadHeader:         "send the header once, with a plain value, and leave it out of SignedHeaders if hops rewrite it",
	canonical.BadAuthorization:  "write <algorithm> Credential=<key-id>/<yyyymmdd>/<region>/<service>/<terminator>, SignedHeaders=<a;b>, Signature=<64 hex>",
	canonical.BadTime:           "write the date in UTC as 20060102T150405Z",
	canonical.BadNonce:          "use a fresh random nonce of 16 to 128 of A-Z a-z 0-9 . _ ~ -, such as a UUID",
	canonical.BadPayloadHash:    "send the body's SHA-256 in 64 lower-case hex digits, or no content hash header at all",
	canonical.MixedModes:        "sign either in the Authorization header or in the query, with the names of one dialect only",
	canonical.UnsignedHeader:    "have the signer sign that header (with curl: give it by -H), or do not send it",
	canonical.MissingHeader:     "send the header and sign it",
	canonical.BadExpires:        "presign for 1 to 604800 seconds, and no longer than the verifier's cap (900 s unless it says otherwise)",
	canonical.LimitExceeded:     "send less: 16 KiB of target, 100 headers in 32 KiB, 256 parameters, 64 signed headers are the defaults",
	canonical.Trailer:           "send no trailers",
	canonical.BodyTruncated:     "capture or send the whole body",
	canonical.MissingSignature:  "sign it: countersign sign, a client SDK, or curl --aws-sigv4",
	canonical.WrongScope:        "sign for the region and service of the verifier, on the day of the date",
	canonical.SignatureMismatch: "sign the request as it arrives, with the secret of the key that it names",
	canonical.BodyMismatch:      "hash the bytes that are sent, after any compression or re-encoding",

	canonical.FarTime:           "correct the client's clock, or the verifier's",
	canonical.ClockSkew:         "correct the client's clock, or the verifier's: 300 s apart at most",
	canonical.PresignExpired:    "presign anew, for longer if need be",
	canonical.UnknownKey:        "look for the key with countersign keys list, at the place that this verifier reads",
	canonical.KeyDisabled:       "enable the key, or give the client another one",
	canonical.KeyExpired:        "give the key a later end, or the client another key",
	canonical.KeyEnvironment:    "use a key of the environment that is the verifier's region",
	canonical.KeyDialect:        "sign in a dialect that the key allows, or allow it this one",
	canonical.Replayed:          "sign every request anew, each retry too, with a fresh nonce",
	canonical.StoreFloor:        "sign again: the verifier has just been set up or restored, and cannot vouch for what was signed before",
	canonical.InsufficientScope: "give the key the scope",
	canonical.SourceNotAllowed:  "call from a network that the key allows, or allow it this one",
	canonical.UnsignedPayload:   "sign the body's hash, or allow the key unsigned payloads",
	canonical.NoRoute:           "call a path that the verifier's routes name, or name this one",
	canonical.PayloadTooLarge:   "send less, or raise the verifier's max_body",
	canonical.RateLimited:       "slow down",
	canonical.ClaimQuota:        "slow down: the key holds too large a share of the live nonces",
	canonical.KeysUnavailable:   "look at the verifier's log: it could not read its keys",
	canonical.StoreUnavailable:  "look at the verifier's log: its nonce store did not answer",
	canonical.StoreFull:         "raise the capacity of the verifier's nonce store",
	canonical.DiskLow:           "free space on the disk of the verifier's nonce store",
	canonical.Overloaded:        "send the content hash header, so that bodies need not be read for strangers; or raise the verifier's budget",
}
