package canonical

// Reason is why a request is refused. The list is closed: errors, logs, metrics and test vectors
// use these strings and no others. The public answer carries the coarser [Reason.Code] alone.
// SPEC §9.
type Reason string

// Refusals decided from the request's bytes alone, before any key is looked up.
const (
	BadTarget        Reason = "bad_target"
	BadPath          Reason = "bad_path"
	BadQuery         Reason = "bad_query"
	BadHeader        Reason = "bad_header"
	BadAuthorization Reason = "bad_authorization"
	BadTime          Reason = "bad_time"
	BadNonce         Reason = "bad_nonce"
	BadPayloadHash   Reason = "bad_payload_hash"
	MixedModes       Reason = "mixed_modes"
	UnsignedHeader   Reason = "unsigned_header"
	MissingHeader    Reason = "missing_header"
	BadExpires       Reason = "bad_expires"
	LimitExceeded    Reason = "limit_exceeded"
	Trailer          Reason = "trailer"
	BodyTruncated    Reason = "body_truncated"
	MissingSignature Reason = "missing_signature"
)

// Refusals that must all look alike to the outside.
const (
	WrongScope        Reason = "wrong_scope"
	FarTime           Reason = "far_time"
	UnknownKey        Reason = "unknown_key"
	KeyDisabled       Reason = "key_disabled"
	KeyExpired        Reason = "key_expired"
	KeyEnvironment    Reason = "key_environment"
	KeyDialect        Reason = "key_dialect"
	SignatureMismatch Reason = "signature_mismatch"
	BodyMismatch      Reason = "body_mismatch"
)

// Refusals of a request whose key is proved.
const (
	ClockSkew         Reason = "clock_skew"
	PresignExpired    Reason = "presign_expired"
	StoreFloor        Reason = "store_floor"
	Replayed          Reason = "replayed"
	InsufficientScope Reason = "insufficient_scope"
	SourceNotAllowed  Reason = "source_not_allowed"
	UnsignedPayload   Reason = "unsigned_payload"
	NoRoute           Reason = "no_route"
	PayloadTooLarge   Reason = "payload_too_large"
	RateLimited       Reason = "rate_limited"
	ClaimQuota        Reason = "claim_quota"
)

// Refusals because the verifier cannot decide.
const (
	KeysUnavailable  Reason = "keys_unavailable"
	StoreUnavailable Reason = "store_unavailable"
	StoreFull        Reason = "store_full"
	DiskLow          Reason = "disk_low"
	Overloaded       Reason = "overloaded"
)

// The coarse codes of public answers.
const (
	CodeMalformed         = "malformed_request"
	CodeMissingSignature  = "missing_signature"
	CodeInvalidSignature  = "invalid_signature"
	CodeClockSkew         = "clock_skew"
	CodeReplayed          = "replayed_request"
	CodeInsufficientScope = "insufficient_scope"
	CodePayloadTooLarge   = "payload_too_large"
	CodeRateLimited       = "rate_limited"
	CodeUnavailable       = "unavailable"
)

type answer struct {
	status int
	code   string
}

// answers is the table of SPEC §9.
var answers = map[Reason]answer{
	BadTarget:        {400, CodeMalformed},
	BadPath:          {400, CodeMalformed},
	BadQuery:         {400, CodeMalformed},
	BadHeader:        {400, CodeMalformed},
	BadAuthorization: {400, CodeMalformed},
	BadTime:          {400, CodeMalformed},
	BadNonce:         {400, CodeMalformed},
	BadPayloadHash:   {400, CodeMalformed},
	MixedModes:       {400, CodeMalformed},
	UnsignedHeader:   {400, CodeMalformed},
	MissingHeader:    {400, CodeMalformed},
	BadExpires:       {400, CodeMalformed},
	LimitExceeded:    {400, CodeMalformed},
	Trailer:          {400, CodeMalformed},
	BodyTruncated:    {400, CodeMalformed},
	MissingSignature: {401, CodeMissingSignature},

	WrongScope:        {401, CodeInvalidSignature},
	FarTime:           {401, CodeInvalidSignature},
	UnknownKey:        {401, CodeInvalidSignature},
	KeyDisabled:       {401, CodeInvalidSignature},
	KeyExpired:        {401, CodeInvalidSignature},
	KeyEnvironment:    {401, CodeInvalidSignature},
	KeyDialect:        {401, CodeInvalidSignature},
	SignatureMismatch: {401, CodeInvalidSignature},
	BodyMismatch:      {401, CodeInvalidSignature},

	ClockSkew:      {401, CodeClockSkew},
	PresignExpired: {401, CodeClockSkew},
	// The answer when signing again now would pass; else the verifier answers 503.
	StoreFloor: {401, CodeClockSkew},

	Replayed: {401, CodeReplayed},

	InsufficientScope: {403, CodeInsufficientScope},
	SourceNotAllowed:  {403, CodeInsufficientScope},
	UnsignedPayload:   {403, CodeInsufficientScope},
	NoRoute:           {403, CodeInsufficientScope},

	PayloadTooLarge: {413, CodePayloadTooLarge},

	RateLimited: {429, CodeRateLimited},
	ClaimQuota:  {429, CodeRateLimited},

	KeysUnavailable:  {503, CodeUnavailable},
	StoreUnavailable: {503, CodeUnavailable},
	StoreFull:        {503, CodeUnavailable},
	DiskLow:          {503, CodeUnavailable},
	Overloaded:       {503, CodeUnavailable},
}

// Status returns the HTTP status that answers r; 503 for a string that is not in the list.
func (r Reason) Status() int {
	if a, ok := answers[r]; ok {
		return a.status
	}
	return 503
}

// Code returns the coarse code of the public answer to r; "unavailable" for a string that is not
// in the list.
func (r Reason) Code() string {
	if a, ok := answers[r]; ok {
		return a.code
	}
	return CodeUnavailable
}

// Known reports whether r is in the closed list.
func (r Reason) Known() bool {
	_, ok := answers[r]
	return ok
}

// Error is a request that breaks a rule of the protocol. The same rule has the same reason at the
// verifier, which answers it, and at the signer, which refuses to send the request.
type Error struct {
	Reason Reason
	// Detail names the broken rule and the fix. It never holds a secret, signature, nonce, body or
	// query value.
	Detail string
}

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Detail }

func refuse(reason Reason, detail string) error {
	return &Error{Reason: reason, Detail: detail}
}
