package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// TestDetailTellsNoSecret: names stand in details, and a client may have put its secret among them.
func TestDetailTellsNoSecret(t *testing.T) {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjkmnpqrst"
	for name, c := range map[string]struct {
		old, new string
		reason   canonical.Reason
	}{
		"signed headers": {"SignedHeaders=host", "SignedHeaders=cs_live_" + digits + ";host", canonical.MissingHeader},
		"header name":    {"Host: ", "X-Countersign-cs_live_" + digits + ": 1\r\nHost: ", canonical.BadHeader},
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t, func(u *setup) { u.policy.Record = true })
			answer := u.requireRefused(t, newSigning().edit(t, c.old, c.new), c.reason)
			rejection := u.decision(t).Rejection
			require.Contains(t, rejection.Detail, "looks like a secret")
			record, err := json.Marshal(u.decision(t).Record)
			require.NoError(t, err)
			for _, text := range []string{answer.Body.String(), rejection.Error(), string(record)} {
				require.NotContains(t, strings.ToLower(text), digits)
			}
		})
	}
}

// TestDetailIsShort: nobody without a key fills the log with names.
func TestDetailIsShort(t *testing.T) {
	u := newSetup(t)
	long := "X-Countersign-A" + strings.Repeat("a", 20_000)
	answer := u.requireRefused(t, newSigning().edit(t, "Host: ", long+": 1\r\nHost: "), canonical.BadHeader)
	detail := u.decision(t).Rejection.Detail
	require.True(t, strings.HasPrefix(detail, long[:100]), detail)
	require.Less(t, len(detail), 400)
	require.Less(t, answer.Body.Len(), 800)
}
