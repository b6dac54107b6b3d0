package canonical

// Deliver rewrites the signed headers of a request to the values that its signature covers, each
// on one line, so that an application reads what was verified and nothing else. The map is the one
// that was parsed. SPEC §4.4.
func (r *Request) Deliver(header map[string][]string) {
	for _, f := range r.fields {
		if !f.asSigned() {
			header[mimeName(f.name)] = []string{CanonicalValue(f.values)}
		}
	}
}

// Rewritten returns the lower-case name of a signed header that Deliver would rewrite, or "". Who passes
// a request on without Deliver must refuse it then. SPEC §4.4.
func (r *Request) Rewritten() string {
	for _, f := range r.fields {
		if !f.asSigned() {
			return f.name
		}
	}
	return ""
}

// asSigned reports whether a signed header was sent as the signature covers it.
func (f *field) asSigned() bool {
	return f.name == "host" || len(f.values) == 1 && isCanonicalValue(f.values[0])
}
