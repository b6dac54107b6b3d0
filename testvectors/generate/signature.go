package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const unsignedPayload = "UNSIGNED-PAYLOAD"

// canonicalRequest puts the signed headers in the order of the list it is given, even where that
// order breaks a rule: the request is then refused for the rule and not for its signature.
func canonicalRequest(method, path, query string, headers []header, signed []string, payloadHash string) string {
	lines := []string{method, path, query}
	for _, name := range signed {
		lines = append(lines, name+":"+canonicalValue(headers, name))
	}
	lines = append(lines, "", strings.Join(signed, ";"), payloadHash)
	return strings.Join(lines, "\n")
}

func stringToSign(d dialect, date, scope, canonicalRequest string) string {
	return strings.Join([]string{d.token, date, scope, sha256Hex(canonicalRequest)}, "\n")
}

func signingKey(d dialect, secret, scopeDate, region, service, terminator string) []byte {
	key := hmacSHA256([]byte(d.keyPrefix+secret), scopeDate)
	key = hmacSHA256(key, region)
	key = hmacSHA256(key, service)
	return hmacSHA256(key, terminator)
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
