package vaultkeys_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
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

// A list may be long; any other answer of more than a megabyte is none of Vault's.
func TestAnswersAreBounded(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.put(t, keyID, newSecret())
	connection, err := vaultkeys.Connect(background, f.options(p.use))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	_, err = connection.Record(background, keyID)
	require.NoError(t, err)
	long := strings.Repeat(" ", 2<<20)
	p.intercept(respond(http.StatusOK, `{"data":{"keys":["`+keyID+`"]`+long+`}}`))
	ids, err := connection.IDs(background)
	require.NoError(t, err)
	require.Equal(t, []string{keyID}, ids)
	p.intercept(respond(http.StatusOK, `{"data":{"current_version":1,`+long+`"versions":{"1":{"created_time":"2026-11-20T09:00:00Z"}}}}`))
	_, err = connection.Record(background, keyID)
	require.Error(t, err)
	require.NotErrorIs(t, err, server.ErrUnknownKey)
}

// What malformed records hold does not stay in memory.
func TestMalformedRecordsCostNoMemory(t *testing.T) {
	f := newFixture(t)
	const records = 20
	for i := range records {
		f.put(t, fmt.Sprintf("key-%d", i), newSecret(), map[string]any{"rate_tier": strings.Repeat("x", 400<<10)})
	}
	source := f.open(t, func(o *vaultkeys.Options) { o.Refresh = time.Hour })
	heap := heapInUse()
	for i := range records {
		requireUnknown(t, source, fmt.Sprintf("key-%d", i))
	}
	grown := int64(heapInUse()) - int64(heap)
	t.Logf("the heap grew by %d KiB", grown>>10)
	require.Less(t, grown, int64(4<<20))
	require.Len(t, source.Status().Malformed, records)
}
