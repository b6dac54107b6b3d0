package canonical

// targetText is what a request-target may hold: HTTP/2 lets a space through, and a proxy behind
// it would then write another request line. SPEC §4.1.
var targetText = func() *byteSet {
	set := *printable
	set['#'], set['\\'] = false, false
	return &set
}()

// splitTarget checks the bytes of a request-target and splits it at the first "?".
func splitTarget(target string, limit int) (path, query string, err error) {
	if len(target) > limit {
		return "", "", refuse(LimitExceeded, "the request-target is too long")
	}
	if target == "" || target[0] != '/' {
		return "", "", refuse(BadTarget, "the request-target must begin with / (neither absolute-form nor *)")
	}
	for i := 0; i < len(target); i++ {
		if !targetText[target[i]] {
			return "", "", refuse(BadTarget, `the request-target must be printable ASCII without space, # and \: percent-encode other bytes`)
		}
	}
	path, query, _ = cutByte(target, '?')
	return path, query, nil
}
