package canonical

// Message is an HTTP request as received, or as about to be sent.
type Message struct {
	Method string
	// Target is the raw request-target: of the request line, or :path. Never a decoded URL.
	Target string
	// Host is the Host header or :authority.
	Host string
	// Header holds the header lines by name in canonical MIME form ("X-Amz-Date"), as net/http
	// keeps them, values in wire order. A Host entry may stand there too; it must equal Host.
	Header map[string][]string
}

// Mode says where a request carries its signature. A signature is valid in one mode only. SPEC §5.
type Mode uint8

const (
	// HeaderMode: in the Authorization header.
	HeaderMode Mode = iota + 1
	// PresignedMode: in query parameters.
	PresignedMode
)

// String returns "header" or "presigned".
func (m Mode) String() string {
	switch m {
	case HeaderMode:
		return "header"
	case PresignedMode:
		return "presigned"
	}
	return "none"
}

// Rules are what a verifier's policy adds to the protocol's own. The zero value is the default.
type Rules struct {
	Limits Limits
	// EncodedSlash admits %2F and %5C in the path.
	EncodedSlash bool
	// AddedOnTheWay lists header names in canonical MIME form that begin with a dialect's prefix
	// and yet need no signature, because a hop before the verifier adds them. Nil means
	// X-Amz-Cf-Id, CloudFront's; an empty list means none.
	AddedOnTheWay []string
	// RequireSigned lists header names in canonical MIME form that must be signed when present.
	RequireSigned []string
	// SignatureNonce admits requests of the AWS4 dialect without a nonce: their signature takes its
	// place. Whether the named key may do so is for the caller to judge. SPEC §3.2.
	SignatureNonce bool
	// MaxExpires caps a presigned URL's life in seconds; 0 means 900.
	MaxExpires int
}

var defaultAddedOnTheWay = []string{"X-Amz-Cf-Id"}

// maxExpires is the longest life that a presigned URL can ask for, in seconds. SPEC §5.2.
const maxExpires = 604800

func (r *Rules) maxExpires() int {
	if r.MaxExpires <= 0 {
		return 900
	}
	return r.MaxExpires
}

func (r *Rules) addedOnTheWay() []string {
	if r.AddedOnTheWay == nil {
		return defaultAddedOnTheWay
	}
	return r.AddedOnTheWay
}
