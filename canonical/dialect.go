package canonical

// Dialect names the constants of one spelling of the protocol; the algorithm is the same in both
// (AWS Signature Version 4's). The zero value is no dialect. SPEC §2.
type Dialect uint8

const (
	// CS4 is the native dialect.
	CS4 Dialect = iota + 1
	// AWS4 is spelled as AWS Signature Version 4 is, for signers that know nothing of Countersign.
	AWS4
)

// DialectNames are the constants that a dialect fixes.
type DialectNames struct {
	Name          string // "cs4", as key records spell it
	Algorithm     string // the algorithm token of Authorization
	KeyPrefix     string // put before the secret in key derivation
	Terminator    string // the last part of the credential scope
	HeaderPrefix  string // of headers and presigned query parameters, in canonical MIME form
	Date          string // header names in canonical MIME form
	Nonce         string
	ContentSHA256 string
}

var dialects = [...]DialectNames{
	CS4: {
		Name: "cs4", Algorithm: "CS4-HMAC-SHA256", KeyPrefix: "CS4", Terminator: "cs4_request",
		HeaderPrefix: "X-Countersign-", Date: "X-Countersign-Date", Nonce: "X-Countersign-Nonce",
		ContentSHA256: "X-Countersign-Content-Sha256",
	},
	AWS4: {
		Name: "aws4", Algorithm: "AWS4-HMAC-SHA256", KeyPrefix: "AWS4", Terminator: "aws4_request",
		HeaderPrefix: "X-Amz-", Date: "X-Amz-Date", Nonce: "X-Amz-Nonce",
		ContentSHA256: "X-Amz-Content-Sha256",
	},
}

// Dialects returns every dialect.
func Dialects() []Dialect { return []Dialect{CS4, AWS4} }

// ParseDialect returns the dialect of that name ("cs4", "aws4").
func ParseDialect(name string) (Dialect, bool) {
	for _, d := range Dialects() {
		if d.Names().Name == name {
			return d, true
		}
	}
	return 0, false
}

// Names returns the dialect's constants, which must not be changed; for no dialect they are all empty.
func (d Dialect) Names() *DialectNames {
	if int(d) >= len(dialects) {
		d = 0
	}
	return &dialects[d]
}

// String returns the dialect's name, "cs4" or "aws4".
func (d Dialect) String() string { return d.Names().Name }

// defines reports whether a header name in canonical MIME form is one that the protocol gives a
// meaning in this dialect.
func (d Dialect) defines(name string) bool {
	names := d.Names()
	return name == names.Date || name == names.Nonce || name == names.ContentSHA256
}

func (d Dialect) other() Dialect {
	if d == CS4 {
		return AWS4
	}
	return CS4
}

// dialectOfAlgorithm returns the dialect whose algorithm token is token, or 0.
func dialectOfAlgorithm(token string) Dialect {
	for d := CS4; d <= AWS4; d++ {
		if dialects[d].Algorithm == token {
			return d
		}
	}
	return 0
}

// dialectOfHeader returns the dialect to whose prefix a header name in canonical MIME form
// belongs, or 0.
func dialectOfHeader(name string) Dialect {
	if len(name) < len("X-Amz-") || name[0] != 'X' {
		return 0
	}
	for d := CS4; d <= AWS4; d++ {
		if prefix := dialects[d].HeaderPrefix; len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			return d
		}
	}
	return 0
}
