// Package differential compares Countersign with aws-sdk-go-v2's Signature Version 4 signer, request by
// request: the SDK signs what a verifier has accepted once more, and must come to the same signature.
// Where the two differ, a rule in predict_test.go has said so before.
//
// It is a module of its own so that nothing of Countersign's depends on the SDK. make test and make
// fuzz run its tests.
package differential
