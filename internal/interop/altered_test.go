package interop

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
)

// Some signers write a target anew that a verifier would refuse, and sign what they wrote.
func TestWhatSignersMakeOfOddTargets(t *testing.T) {
	asked := []string{"/orders?a=1;b=2&c=%zz&d=1", "/a/../orders/%2e/1?&&", "/日/%2F?q=%3D"}
	for signer, want := range map[string][]string{
		aws4:      {"/orders?a=1%3Bb%3D2&c=%25zz&d=1", "/a/../orders/%2e/1?", "/%E6%97%A5/%252F?q=%253D"},
		smithy:    {"/orders?a=1%3Bb%3D2&c=%25zz&d=1", "/orders/1", "/%E6%97%A5/%2F?q=%3D"},
		aws4fetch: {"/orders?a=1;b=2&c=%zz&d=1", "/orders/1?&&", "/%E6%97%A5/%2F?q=%3D"},
		awsSDK:    {"/orders?d=1", "/a/../orders/%2e/1", "/%E6%97%A5//?q=%3D"},
		httpAuth:  {"/orders?a=1;b=2&c=%zz&d=1", "/a/../orders/%2e/1?&&", "/%E6%97%A5//?q=%3D"},
	} {
		t.Run(signer, func(t *testing.T) {
			s := open(t, signer, start(t, server.Policy{}), ordinary)
			requests := make([]request, len(asked))
			for i := range requests {
				requests[i] = request{Method: "GET", Target: asked[i], Header: [][2]string{{"X-Amz-Nonce", "0123456789abcdef"}}}
			}
			for i, signed := range s.sign(requests) {
				require.Empty(t, signed.Error)
				assert.Equal(t, want[i], signed.Message.Target, asked[i])
			}
		})
	}
}
