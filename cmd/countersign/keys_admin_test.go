package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestKeysShowTellsUsesOnlyWhereTheServiceHasTheSameSecrets: places shift with every rotation.
func TestKeysShowTellsUsesOnlyWhereTheServiceHasTheSameSecrets(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--id", "a")
	k.ok("rotate", "a", "--overlap", "2h")
	ends := k.now.Add(2 * time.Hour).Format(time.RFC3339)
	used := k.now.Add(-5 * time.Minute).Format(time.RFC3339)
	var status int
	var answer string
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, "/keys/a", req.RequestURI)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer admin.Close()

	const known = `{"key_id":"a","watched_since":"2026-11-20T08:00:00Z","secrets":[%s]}`
	newest := `{"index":0,"not_after":null,"last_used":null}`
	status, answer = 200, fmt.Sprintf(known, newest+`,{"index":1,"not_after":"`+ends+`","last_used":"`+used+`"}`)
	k.ok("show", "a", "--admin", admin.URL+"/")
	assert.Regexp(t, `(?m)^secret 1 +active.*, last used 5m ago \(2026-11-20T11:55:00Z\)$`, k.out)
	assert.NotRegexp(t, `secret 0 .*used`, k.out)

	for says, given := range map[string]struct {
		status int
		answer string
	}{
		"sees other secrets":    {200, fmt.Sprintf(known, newest)},
		"sees other secrets of": {200, fmt.Sprintf(known, newest+`,{"index":1,"not_after":"2026-11-20T15:00:00Z","last_used":null}`)},
		"knows no key":          {404, `{"error":"the verifier knows no key of that id"}`},
		"vault is away":         {503, `{"error":"vault is away"}`},
		"is no admin listener":  {200, "<html>"},
		"no admin listener of":  {401, `{"code":"missing_signature"}`},
	} {
		status, answer = given.status, given.answer
		k.fails(false, says, "show", "a", "--admin", admin.URL)
	}
	admin.Close()
	k.fails(false, "configuration gives as admin", "show", "a", "--admin", admin.URL)
}
