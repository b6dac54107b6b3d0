package main

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
)

// AWS publishes these values as the case get-vanilla of its signing test suite.
func TestSignatureIsThatOfThePublishedAWSVector(t *testing.T) {
	const (
		secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
		date   = "20150830T123600Z"
		scope  = "20150830/us-east-1/service/aws4_request"
	)
	headers := []header{{name: "Host", value: "example.amazonaws.com"}, {name: "X-Amz-Date", value: date}}
	request := canonicalRequest("GET", canonicalPath("/"), canonicalQuery("", ""), headers,
		[]string{"host", "x-amz-date"}, sha256Hex(""))
	assert.Equal(t, "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63", sha256Hex(request))
	key := signingKey(aws4, secret, "20150830", "us-east-1", "service", "aws4_request")
	signature := hmacSHA256(key, stringToSign(aws4, date, scope, request))
	assert.Equal(t, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", hex.EncodeToString(signature))
}

func TestCanonicalQuery(t *testing.T) {
	for sent, want := range map[string]string{
		"":                   "",
		"b=2&a=1":            "a=1&b=2",
		"a=2&a=1&a":          "a=&a=1&a=2",
		"a-b=1&a=2":          "a=2&a-b=1",
		"q=a+b%20c%2B":       "q=a%20b%20c%2B",
		"q=%c3%a9&p=%7e%2d~": "p=~-~&q=%C3%A9",
		"a=b=c":              "a=b%3Dc",
		"x=1&Signature=2":    "x=1",
	} {
		assert.Equal(t, want, canonicalQuery(sent, "Signature"), sent)
	}
}

func TestCanonicalPath(t *testing.T) {
	for sent, want := range map[string]string{
		"/":         "/",
		"/a%20b":    "/a%2520b",
		"/a+b:c":    "/a%2Bb%3Ac",
		"/~-._/%7e": "/~-._/%257e",
	} {
		assert.Equal(t, want, canonicalPath(sent), sent)
	}
}

func TestCanonicalValue(t *testing.T) {
	headers := []header{
		{name: "X-Tag", value: "\t b   b "}, {name: "X-Other", value: "o"},
		{name: "x-tag", value: "a \t a"}, {name: "X-TAG", value: ""},
	}
	assert.Equal(t, "b b,a \t a,", canonicalValue(headers, "x-tag"))
	assert.Equal(t, "", canonicalValue(headers, "x-absent"))
}
