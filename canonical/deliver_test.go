package canonical_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// What the application reads is what was signed: no application sees two lines where the signer
// may have sent one.
func TestDeliverHandsOverSignedValuesInCanonicalForm(t *testing.T) {
	w := post.clone()
	w.add("Accept", "a")
	w.add("x_role", "a  b")
	w = signedByHeader(cs4Scope, w, "rule")
	w.add("X-Unsigned", "a   b")
	w.add("X-Unsigned", "c")
	m := w.message()
	m.Header["Host"] = []string{m.Host}
	accept := m.Header["Accept"]
	var r canonical.Request
	require.NoError(t, r.Parse(m, &canonical.Rules{}))
	text := r.AppendCanonical(nil, canonical.RuleForm, emptyHash)
	r.Deliver(m.Header)
	assert.Equal(t, []string{"a b,c"}, m.Header["X-Label"])
	assert.Equal(t, []string{"a b"}, m.Header["X_role"])
	assert.Equal(t, []string{"a   b", "c"}, m.Header["X-Unsigned"])
	assert.Equal(t, []string{w.host}, m.Header["Host"])
	assert.Same(t, &accept[0], &m.Header["Accept"][0], "what is canonical stays where it is")
	require.NoError(t, r.Parse(m, &canonical.Rules{}))
	assert.Equal(t, text, r.AppendCanonical(nil, canonical.RuleForm, emptyHash), "and is what the signature covers")
}
