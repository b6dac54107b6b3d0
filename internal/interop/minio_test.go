package interop

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// MinIO's signer names the service s3, for which signers write paths another way: the answer says so.
func TestMinIOSignsForS3Alone(t *testing.T) {
	a := start(t, server.Policy{})
	s := open(t, minIO, a, ordinary)
	signed := s.sign(plain("0123456789abcdef"))
	require.Empty(t, signed[0].Error)
	require.Empty(t, signed[1].Error)
	for _, reply := range s.send([]int{0, 1}) {
		require.Empty(t, reply.Error)
		decision, _, _, _ := a.seen(reply.Answer.RequestID)
		assert.Equal(t, canonical.BadAuthorization, decision.Reason)
		var problem struct{ Code, Detail string }
		require.NoError(t, json.Unmarshal([]byte(reply.Answer.Body), &problem), reply.Answer.Body)
		assert.Equal(t, "malformed_request", problem.Code)
		assert.Contains(t, problem.Detail, "the service in Credential must be")
		assert.Contains(t, problem.Detail, "not begin with s3")
	}
	delivered, claimed := a.counts()
	assert.Zero(t, delivered+claimed)
}
