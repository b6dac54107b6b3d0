package server

import (
	"net/url"
	"strings"
)

// readings returns what servers behind the verifier may take a path for, each in decoded segments, the
// first of which is "": split once it is decoded, or before; with path parameters (";x") or without,
// and then with "\" for "/". The first reading is the decoded path, and most paths have no other. A path
// with a bad escape has none. SPEC §4.2.
func readings(path string) (all [][]string) {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return nil
	}
	after := strings.Split(decoded, "/")
	all = append(all, after)
	before := strings.Split(path, "/")
	for i := range before {
		before[i], _ = url.PathUnescape(before[i]) // the whole path could be
	}
	apart := len(before) != len(after)
	if apart {
		all = append(all, before)
	}
	if strings.ContainsAny(decoded, `;\`) {
		all = append(all, withoutParameters(after))
		if apart {
			all = append(all, withoutParameters(before))
		}
	}
	return all
}

// withoutParameters returns segments as servers have them that drop path parameters, and take "\" for
// "/".
func withoutParameters(segments []string) (dropped []string) {
	for _, segment := range segments {
		dropped = append(dropped, strings.Split(segment, `\`)...)
	}
	for i := range dropped {
		dropped[i], _, _ = strings.Cut(dropped[i], ";")
	}
	return dropped
}
