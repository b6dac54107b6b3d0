package canonical

// parseHeaderMode reads the signature of the Authorization header. SPEC §5.1.
func (r *Request) parseHeaderMode(m *Message, rules *Rules, authorization string) error {
	a, err := ParseAuthorization(authorization)
	if err != nil {
		return err
	}
	r.Dialect, r.KeyID, r.Scope, r.SignedHeaders, r.Signature = a.Dialect, a.KeyID, a.Scope, a.SignedHeaders, a.Signature
	names, other := a.Dialect.Names(), a.Dialect.other().Names()
	for _, name := range r.scan.prefixed[a.Dialect.other()] {
		if name == other.Date || name == other.Nonce || name == other.ContentSHA256 {
			return refuse(MixedModes, name+" belongs to the other dialect than the Authorization header")
		}
	}
	date, nonce := m.Header[names.Date], m.Header[names.Nonce]
	if len(date) == 0 {
		return refuse(MissingHeader, "the request has no "+names.Date)
	}
	if len(nonce) == 0 {
		if !r.useSignatureNonce(rules) {
			return refuse(MissingHeader, "the request has no "+names.Nonce+": add one, fresh for every request, and sign it")
		}
		nonce = []string{r.Signature}
	}
	hash := ""
	if values := m.Header[names.ContentSHA256]; len(values) != 0 {
		if hash = values[0]; hash == "" {
			return refuse(BadPayloadHash, names.ContentSHA256+" is empty")
		}
	}
	return r.setPieces(date[0], nonce[0], hash)
}

// checkRequired refuses a header-mode request whose date or nonce is not signed; host has been
// seen to, and what a presigned request needs stands in its query, which is always signed.
func (r *Request) checkRequired() error {
	if r.Mode != HeaderMode {
		return nil
	}
	names := r.Dialect.Names()
	if !r.Signs(names.Date) {
		return refuseUnsigned(names.Date)
	}
	if !r.SignatureNonce && !r.Signs(names.Nonce) {
		return refuseUnsigned(names.Nonce)
	}
	return nil
}
