package vaultkeys_test

import (
	"testing"
)

// TestASecretBelongsToOneKey: a signature binds the key id by its secret alone, so that a request of
// one of two keys with the same secret could be sent again as the other's.
func TestASecretBelongsToOneKey(t *testing.T) {
	f := newFixture(t)
	shared, own := newSecret(), newSecret()
	f.put(t, keyID, shared)
	f.put(t, "ck_live_second", shared)
	source := f.open(t)
	requireKey(t, source, keyID)
	requireUnknown(t, source, "ck_live_second")

	// A secret that was rotated away still belongs to the first, as long as it is valid.
	f.put(t, keyID, own)
	eventually(t, func() bool { return len(f.secrets(source, keyID)) == 2 }, f.log.String)
	requireUnknown(t, source, "ck_live_second")

	// With the first gone it is the second's.
	f.deletePath(t, keyID)
	eventually(t, func() bool { return len(f.secrets(source, "ck_live_second")) == 1 }, f.log.String)
	requireUnknown(t, source, keyID)
}
