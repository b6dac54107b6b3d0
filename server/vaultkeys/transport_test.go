package vaultkeys_test

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// Questions that Vault redirects, as a standby does, leave nothing behind.
func TestRedirectsLeakNothing(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	secret := newSecret()
	f.put(t, keyID, secret)
	connection, err := vaultkeys.Connect(background, f.options(p.use))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	p.intercept(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, f.vault.Address+req.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	read := func(times int) {
		for range times {
			record, err := connection.Record(background, keyID)
			require.NoError(t, err)
			require.Equal(t, secret, record.Fields.Secret.Reveal())
		}
	}
	read(50)
	heap, goroutines := heapInUse(), runtime.NumGoroutine()
	read(1000)
	grown := int64(heapInUse()) - int64(heap)
	t.Logf("the heap grew by %d KiB", grown>>10)
	require.Less(t, grown, int64(500<<10))
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+20)
}
