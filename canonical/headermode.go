package canonical

// parseHeaderMode reads the signature of the Authorization header. SPEC §5.1.
func (r *Request) parseHeaderMode(m *Message, rules *Rules, authorization string) error {
	a, err := ParseAuthorization(authorization)
	if err != nil {
		return err
	}
	r.Dialect, r.KeyID, r.Scope, r.SignedHeaders, r.Signature = a.Dialect, a.KeyID, a.Scope, a.SignedHeaders, a.Signature
	names, other := a.Dialect.Names(), a.Dialect.other()
	for i := range r.scan.lines {
		if line := &r.scan.lines[i]; line.dialect == other && other.defines(line.name) {
			return refuse(MixedModes, line.name+" belongs to the other dialect than the Authorization header")
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
