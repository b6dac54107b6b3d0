package canonical

import "strings"

// Authorization is the header's value, taken apart. SPEC §3.3.
type Authorization struct {
	Dialect       Dialect
	KeyID         string
	Scope         Scope
	SignedHeaders string // lower-case names joined by ";"
	Signature     string // 64 lower-case hex digits
}

// ParseAuthorization reads an Authorization header. A scheme that is not one of ours gives
// MissingSignature, anything else that is wrong BadAuthorization; the names in SignedHeaders are
// looked at by [Request.Parse].
func ParseAuthorization(value string) (Authorization, error) {
	scheme, rest, _ := cutByte(value, ' ')
	d := dialectOfAlgorithm(scheme)
	if d == 0 {
		if dialectOfAlgorithm(strings.ToUpper(scheme)) != 0 {
			return Authorization{}, refuse(BadAuthorization, "write the algorithm in upper case: "+CS4.Names().Algorithm)
		}
		return Authorization{}, refuse(MissingSignature, "Authorization holds no signature: sign with "+CS4.Names().Algorithm)
	}
	credential, rest, ok1 := cutField(rest, "Credential=")
	signedHeaders, rest, ok2 := cutField(rest, "SignedHeaders=")
	signature, found := strings.CutPrefix(rest, "Signature=")
	if !ok1 || !ok2 || !found {
		return Authorization{}, refuse(BadAuthorization, "Authorization must be <algorithm> Credential=…, SignedHeaders=…, Signature=…")
	}
	if !validHash(signature) {
		return Authorization{}, refuse(BadAuthorization, "Signature must be 64 lower-case hex digits")
	}
	keyID, scope, err := parseCredential(credential, d)
	if err != nil {
		return Authorization{}, err
	}
	return Authorization{Dialect: d, KeyID: keyID, Scope: scope, SignedHeaders: signedHeaders, Signature: signature}, nil
}

// cutField takes "<name>value," and one optional space off the front of s.
func cutField(s, name string) (value, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, name)
	if !ok {
		return "", "", false
	}
	value, rest, ok = cutByte(s, ',')
	return value, strings.TrimPrefix(rest, " "), ok
}

// Append appends the header's value.
func (a Authorization) Append(dst []byte) []byte {
	dst = append(dst, a.Dialect.Names().Algorithm...)
	dst = append(dst, " Credential="...)
	dst = append(dst, a.KeyID...)
	dst = append(dst, '/')
	dst = a.Scope.append(dst, a.Dialect)
	dst = append(dst, ", SignedHeaders="...)
	dst = append(dst, a.SignedHeaders...)
	dst = append(dst, ", Signature="...)
	return append(dst, a.Signature...)
}

// String returns the header's value.
func (a Authorization) String() string { return string(a.Append(nil)) }
