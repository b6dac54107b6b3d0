package canonical

import "time"

// Request is a request whose syntax has been checked, with the pieces of its signature. Nothing in
// it is proved yet. Its strings are slices of the message it was parsed from.
//
// A Request may be parsed into again and again; it keeps its buffers. The zero value is ready. It
// is not safe for concurrent use.
type Request struct {
	Mode          Mode
	Dialect       Dialect
	KeyID         string
	Scope         Scope
	Date          string // as sent
	Timestamp     time.Time
	Nonce         string        // as sent, or the signature where SignatureNonce
	PayloadHash   string        // as sent: 64 hex digits, HashUnsignedPayload, or "" for none
	Expires       time.Duration // of a presigned request
	SignedHeaders string        // as sent
	Signature     string        // as sent: 64 lower-case hex digits
	// SignatureNonce: the request has no nonce, which Rules.SignatureNonce admitted.
	SignatureNonce bool

	method string
	path   string // as sent
	query  query
	scan   headerScan
	fields []field
	host   [1]string
	// hostSigned: SignedHeaders names host, which may be no header line of the message.
	hostSigned bool
	dirty      bool // parsed into since it was reset

	canonicalPath  []byte
	canonicalQuery []byte
	forms          [3]Form
	formCount      int
}

// Parse reads m by the protocol's rules and the policy's, and refuses, with an *Error, whatever
// breaks one that can be checked without knowing the key or the time. After an error r holds
// nothing.
func (r *Request) Parse(m *Message, rules *Rules) error {
	r.Reset()
	r.dirty = true
	err := r.parse(m, rules)
	if err != nil {
		r.Reset()
	}
	return err
}

// Reset drops everything but the buffers, so that r keeps nothing of a message alive. Parse begins
// with it.
func (r *Request) Reset() {
	if !r.dirty {
		return
	}
	r.scan.reset()
	r.query.reset()
	clear(r.fields)
	*r = Request{
		query: r.query, scan: r.scan, fields: r.fields[:0],
		canonicalPath: r.canonicalPath[:0], canonicalQuery: r.canonicalQuery[:0],
	}
}

func (r *Request) parse(m *Message, rules *Rules) error {
	limits := rules.Limits.withDefaults()
	if err := r.parseTarget(m, rules, limits); err != nil {
		return err
	}
	if m.Host == "" {
		return refuse(MissingHeader, "the request has no Host")
	}
	if !hostText.only(m.Host, 1, 255+len(":65535")) {
		return refuse(BadHeader, "Host is not a host name with an optional port")
	}
	if err := r.scan.scan(m, rules, limits); err != nil {
		return err
	}
	if err := r.parseSignature(m, rules); err != nil {
		return err
	}
	if err := r.parseSignedHeaders(m); err != nil {
		return err
	}
	if err := r.checkSigned(rules); err != nil {
		return err
	}
	if err := r.checkAliases(m, rules); err != nil {
		return err
	}
	if err := r.checkConnection(m); err != nil {
		return err
	}
	if r.Scope.Date != r.Date[:8] {
		return refuse(WrongScope, "the date of Credential is not that of the request")
	}
	r.chooseForms()
	return nil
}

// parseTarget reads method, path and query. SPEC §4.1 to §4.3.
func (r *Request) parseTarget(m *Message, rules *Rules, limits Limits) error {
	path, query, err := splitTarget(m.Target, limits.Target)
	if err != nil {
		return err
	}
	if !token.only(m.Method, 1, 64) {
		return refuse(BadTarget, "the method is not a token")
	}
	r.method, r.path = m.Method, path
	r.canonicalPath, r.query.plain, err = scanPath(r.canonicalPath, r.query.plain, path, rules.EncodedSlash)
	if err != nil {
		return err
	}
	return r.query.parse(query, limits.Parameters)
}

// parseSignature finds the signature, and with it the mode. SPEC §5.
func (r *Request) parseSignature(m *Message, rules *Rules) error {
	authorization := m.Header["Authorization"]
	switch {
	case len(authorization) == 0 && len(r.query.reserved) == 0:
		return refuse(MissingSignature, "the request is not signed: it has no Authorization header")
	case len(authorization) == 0:
		r.Mode = PresignedMode
		return r.parsePresigned(m, rules)
	case len(r.query.reserved) != 0:
		return refuse(MixedModes, "a request with an Authorization header may have no query parameter named X-Amz-… or X-Countersign-…")
	}
	r.Mode = HeaderMode
	return r.parseHeaderMode(m, rules, authorization[0])
}

// Path returns the path as sent.
func (r *Request) Path() string { return r.path }
