package canonical_test

import (
	"crypto/hmac"
	"encoding/hex"
	"fmt"

	"github.com/countersign-dev/countersign/canonical"
)

// A signer fills in everything but the signature, lets Parse check it by the rules that the
// verifier has, and signs. A verifier does the same and compares.
func Example() {
	secret := canonical.NewSecret("cs_live_2tgja0t2rfjdkg9dd9w05x8r54gwybg49r5r7rwsq4ahkqe76nrgy2pmy9g")
	authorization := canonical.Authorization{
		Dialect:       canonical.CS4,
		KeyID:         "ck_live_7h2kq9m4x8wz3n5c",
		Scope:         canonical.Scope{Date: "20261120", Region: "live", Service: "orders"},
		SignedHeaders: "host;x-countersign-date;x-countersign-nonce",
		Signature:     "0000000000000000000000000000000000000000000000000000000000000000",
	}
	message := &canonical.Message{
		Method: "GET",
		Target: "/v1/orders?limit=10",
		Host:   "api.example.com",
		Header: map[string][]string{
			"X-Countersign-Date":  {"20261120T093000Z"},
			"X-Countersign-Nonce": {"0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15"},
			"Authorization":       {authorization.String()},
		},
	}
	const hashOfNoBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	var request canonical.Request
	if err := request.Parse(message, &canonical.Rules{}); err != nil {
		fmt.Println(err)
		return
	}
	canonicalRequest := request.AppendCanonical(nil, canonical.RuleForm, hashOfNoBody)
	stringToSign := request.AppendStringToSign(nil, canonicalRequest)
	signature := secret.SigningKey(request.Dialect, request.Scope).Sum(stringToSign)
	fmt.Printf("%s\n%x\n", stringToSign, signature)

	authorization.Signature = hex.EncodeToString(signature[:])
	message.Header["Authorization"] = []string{authorization.String()}
	if err := request.Parse(message, &canonical.Rules{}); err != nil {
		fmt.Println(err)
		return
	}
	received, _ := hex.DecodeString(request.Signature)
	fmt.Println(hmac.Equal(received, signature[:]))
	// Output:
	// CS4-HMAC-SHA256
	// 20261120T093000Z
	// 20261120/live/orders/cs4_request
	// 4a27b6a92000d349d5e57449137c1d6fcb5cce97336aa3625945d9fdba31146a
	// 542b690b358c78578e629776df46a0bc8ed80b597fd57cbe287c7f54ca029545
	// true
}
