package canonical_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// This file implements SPEC §4 a second time, from the text, in the plainest way there is. It uses
// nothing of the package under test, and refuses nothing: it is only asked about requests that the
// package admits.

type header struct{ name, value string }

type wire struct {
	method, target, host string
	headers              []header // in wire order, without Host
}

type referenceScope struct{ algorithm, prefix, terminator, day, region, service string }

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

var (
	escape    = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	spaceRuns = regexp.MustCompile(` +`)
)

func refEncode(s string, keepSlash bool) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		if strings.IndexByte(unreserved, b) >= 0 || keepSlash && b == '/' {
			out.WriteByte(b)
		} else {
			out.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{b})))
		}
	}
	return out.String()
}

func refDecode(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// refPairs returns a query's decoded pairs, sorted by their encoded form.
func refPairs(query string) [][2]string {
	var pairs [][2]string
	if query == "" {
		return nil
	}
	for _, pair := range strings.Split(query, "&") {
		halves := append(strings.SplitN(pair, "=", 2), "")
		for i := range halves {
			halves[i] = refDecode(strings.ReplaceAll(halves[i], "+", " "))
		}
		pairs = append(pairs, [2]string{halves[0], halves[1]})
	}
	sort.Slice(pairs, func(i, j int) bool {
		a, b := pairs[i], pairs[j]
		if a[0] != b[0] {
			return refEncode(a[0], false) < refEncode(b[0], false)
		}
		return refEncode(a[1], false) < refEncode(b[1], false)
	})
	return pairs
}

// refCanonical returns the canonical request in a form ("rule", "path-as-sent", "as-sent").
func refCanonical(w wire, form, signedHeaders, payloadHash string) string {
	parts := append(strings.SplitN(w.target, "?", 2), "")
	path, query := parts[0], parts[1]
	if form == "rule" {
		path = refEncode(path, true)
	}
	if form != "as-sent" {
		var pairs []string
		for _, pair := range refPairs(query) {
			if pair[0] != "X-Amz-Signature" && pair[0] != "X-Countersign-Signature" {
				pairs = append(pairs, refEncode(pair[0], false)+"="+refEncode(pair[1], false))
			}
		}
		query = strings.Join(pairs, "&")
	}
	lines := []string{w.method, path, query}
	for _, name := range strings.Split(signedHeaders, ";") {
		lines = append(lines, name+":"+refValue(w, name))
	}
	return strings.Join(append(lines, "", signedHeaders, payloadHash), "\n")
}

func refValue(w wire, name string) string {
	if name == "host" {
		return w.host
	}
	var values []string
	for _, h := range w.headers {
		if strings.ToLower(h.name) == name {
			values = append(values, spaceRuns.ReplaceAllString(strings.Trim(h.value, " \t"), " "))
		}
	}
	return strings.Join(values, ",")
}

func refHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func refHMAC(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

func refStringToSign(s referenceScope, date, canonicalRequest string) string {
	return strings.Join([]string{s.algorithm, date, s.String(), refHash(canonicalRequest)}, "\n")
}

func (s referenceScope) String() string {
	return strings.Join([]string{s.day, s.region, s.service, s.terminator}, "/")
}

// refKeys returns the four keys of the derivation; the last is the signing key.
func refKeys(s referenceScope, secret string) [][]byte {
	key, keys := []byte(s.prefix+secret), [][]byte(nil)
	for _, part := range []string{s.day, s.region, s.service, s.terminator} {
		key = refHMAC(key, part)
		keys = append(keys, key)
	}
	return keys
}

func refSign(s referenceScope, secret, stringToSign string) string {
	return hex.EncodeToString(refHMAC(refKeys(s, secret)[3], stringToSign))
}
