package canonical

// Deliver rewrites the signed headers of a request to the values that its signature covers, each
// on one line, so that an application reads what was verified and nothing else. The map is the one
// that was parsed. SPEC §4.4.
func (r *Request) Deliver(header map[string][]string) {
	for _, f := range r.fields {
		if f.name == "host" || len(f.values) == 1 && isCanonicalValue(f.values[0]) {
			continue
		}
		header[mimeName(f.name)] = []string{CanonicalValue(f.values)}
	}
}
