package canonical

import "strings"

// Scope is the credential scope: a signature made for one date, region and service is worth
// nothing in another. SPEC §3.4.
type Scope struct {
	Date    string // yyyymmdd, UTC
	Region  string // the deployment environment: live, test, eu-1
	Service string // the API: orders
}

// ValidRegion reports whether region fits its grammar: 1 to 64 of [a-z0-9-].
func ValidRegion(region string) bool { return scopeText.only(region, 1, 64) }

// ValidService reports whether service fits its grammar: 1 to 64 of [a-z0-9-], and not beginning
// with "s3", because signers encode the path of such services another way. SPEC §3.4.
func ValidService(service string) bool {
	return scopeText.only(service, 1, 64) && !strings.HasPrefix(service, "s3")
}

// append writes date/region/service/terminator.
func (s Scope) append(dst []byte, d Dialect) []byte {
	dst = append(dst, s.Date...)
	dst = append(dst, '/')
	dst = append(dst, s.Region...)
	dst = append(dst, '/')
	dst = append(dst, s.Service...)
	dst = append(dst, '/')
	return append(dst, d.Names().Terminator...)
}

// parseCredential reads key-id/yyyymmdd/region/service/terminator.
func parseCredential(s string, d Dialect) (keyID string, scope Scope, err error) {
	var parts [5]string
	for i := range parts {
		part, rest, found := cutByte(s, '/')
		if found == (i == len(parts)-1) {
			return "", Scope{}, refuse(BadAuthorization,
				"Credential must be <key-id>/<yyyymmdd>/<region>/<service>/"+d.Names().Terminator)
		}
		parts[i], s = part, rest
	}
	switch {
	case !ValidKeyID(parts[0]):
		return "", Scope{}, refuse(BadAuthorization, "the key id in Credential must be 1 to 128 of A-Z a-z 0-9 . _ ~ -, and not begin with cs_ as secrets do")
	case !validDay(parts[1]):
		return "", Scope{}, refuse(BadAuthorization, "the date in Credential must be a day written yyyymmdd")
	case !ValidRegion(parts[2]):
		return "", Scope{}, refuse(BadAuthorization, "the region in Credential must be 1 to 64 of a-z 0-9 -")
	case !ValidService(parts[3]):
		return "", Scope{}, refuse(BadAuthorization, "the service in Credential must be 1 to 64 of a-z 0-9 - and not begin with s3")
	case parts[4] != d.Names().Terminator:
		return "", Scope{}, refuse(BadAuthorization, "Credential must end in /"+d.Names().Terminator)
	}
	return parts[0], Scope{Date: parts[1], Region: parts[2], Service: parts[3]}, nil
}
