package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2/hpack"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/rawhttp2"
	"github.com/countersign-dev/countersign/server"
)

// http2Fields returns the header fields of a signed request, pseudo-headers first.
func (s signing) http2Fields() []hpack.HeaderField {
	lines := s.lines()
	fields := []hpack.HeaderField{
		{Name: ":method", Value: s.method}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: s.host}, {Name: ":path", Value: strings.Fields(lines[0])[1]},
	}
	for _, line := range lines[2:] { // without Host
		name, value, _ := strings.Cut(line, ": ")
		fields = append(fields, hpack.HeaderField{Name: strings.ToLower(name), Value: value})
	}
	return fields
}

// sendHTTP2 sends one request as raw frames and returns its status, or "reset" for an answer that
// is no response.
func (u *setup) sendHTTP2(t *testing.T, fields []hpack.HeaderField, body string, trailers ...hpack.HeaderField) string {
	t.Helper()
	return rawhttp2.Send(t, u.Handler(u.application()), fields, body, trailers...)
}

// with returns fields with one value replaced, or a field added if there was none of that name.
func with(fields []hpack.HeaderField, name, value string) []hpack.HeaderField {
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Value = value
			return fields
		}
	}
	return append(fields, hpack.HeaderField{Name: name, Value: value})
}

func TestHTTP2(t *testing.T) {
	u := newSetup(t)
	require.Equal(t, "204", u.sendHTTP2(t, newSigning().http2Fields(), ""))
	for _, hash := range []string{"", "body"} {
		s := newPost("hello")
		s.hash = hash
		require.Equal(t, "204", u.sendHTTP2(t, s.http2Fields(), s.body))
		require.EqualValues(t, 5, u.seen.ContentLength)
	}
	// A request out of time that has no body gets authenticated time, content hash or none.
	s := newSigning()
	s.at = noon.Add(-time.Hour)
	require.Equal(t, "401", u.sendHTTP2(t, s.http2Fields(), ""))
	require.True(t, u.decision(t).KeyProved)
}

func TestHTTP2Tricks(t *testing.T) {
	const path = "/v1/orders?limit=10&after=x"
	post := newPost("hello")
	post.hash = ""
	for name, c := range map[string]struct {
		fields   []hpack.HeaderField
		body     string
		trailers []hpack.HeaderField
		reason   canonical.Reason // "" where net/http refuses by itself
	}{
		"Host beside :authority":   {fields: with(newSigning().http2Fields(), "host", "admin.example"), reason: canonical.BadHeader},
		"another :authority":       {fields: with(newSigning().http2Fields(), ":authority", "admin.example"), reason: canonical.SignatureMismatch},
		"space in :path":           {fields: with(newSigning().http2Fields(), ":path", path+" HTTP/1.1"), reason: canonical.BadTarget},
		"space in the path":        {fields: with(newSigning().http2Fields(), ":path", "/v1/orders /x"), reason: canonical.BadTarget},
		"line feed in :path":       {fields: with(newSigning().http2Fields(), ":path", path+"\r\nX-Admin: 1")},
		"raw UTF-8 in :path":       {fields: with(newSigning().http2Fields(), ":path", "/v1/é"), reason: canonical.BadTarget},
		"fragment in :path":        {fields: with(newSigning().http2Fields(), ":path", path+"#x"), reason: canonical.BadTarget},
		"absolute :path":           {fields: with(newSigning().http2Fields(), ":path", "https://api.example"+path), reason: canonical.BadTarget},
		"asterisk":                 {fields: with(newSigning().http2Fields(), ":path", "*"), reason: canonical.BadTarget},
		"empty :path":              {fields: with(newSigning().http2Fields(), ":path", "")},
		"CONNECT":                  {fields: with(newSigning().http2Fields(), ":method", "CONNECT")},
		"method with a space":      {fields: with(newSigning().http2Fields(), ":method", "GET /admin"), reason: canonical.BadTarget},
		":protocol":                {fields: append([]hpack.HeaderField{{Name: ":protocol", Value: "websocket"}}, newSigning().http2Fields()...)},
		"unknown pseudo-header":    {fields: append([]hpack.HeaderField{{Name: ":admin", Value: "1"}}, newSigning().http2Fields()...)},
		"upper-case header name":   {fields: with(newSigning().http2Fields(), "X-Admin", "1")},
		"line feed in a value":     {fields: with(newSigning().http2Fields(), "x-admin", "1\r\nx-role: admin")},
		"user in :authority":       {fields: with(newSigning().http2Fields(), ":authority", "api.example@admin.example")},
		"nonce a second time":      {fields: append(newSigning().http2Fields(), hpack.HeaderField{Name: "x-countersign-nonce", Value: "another-nonce-0001"}), reason: canonical.BadHeader},
		"connection header":        {fields: with(newSigning().http2Fields(), "connection", "x-countersign-date")},
		"transfer-encoding":        {fields: with(post.http2Fields(), "transfer-encoding", "chunked"), body: "hello"},
		"content-length too short": {fields: with(post.http2Fields(), "content-length", "4"), body: "hello", reason: canonical.BodyTruncated},
		"content-length too long":  {fields: with(post.http2Fields(), "content-length", "6"), body: "hello", reason: canonical.BodyTruncated},
		"content-length 0, a body": {fields: with(newSigning().http2Fields(), "content-length", "0"), body: "hello", reason: canonical.BodyTruncated},
		"body on a GET":            {fields: newSigning().http2Fields(), body: "hello", reason: canonical.SignatureMismatch},
		"trailer declared":         {fields: with(post.http2Fields(), "trailer", "x-admin"), body: "hello", trailers: []hpack.HeaderField{{Name: "x-admin", Value: "1"}}, reason: canonical.Trailer},
	} {
		t.Run(name, func(t *testing.T) {
			decided := make(chan canonical.Reason, 1)
			u := newSetup(t, func(u *setup) {
				u.policy.Observe = func(_ context.Context, d server.Decision) { decided <- d.Reason }
			})
			status := u.sendHTTP2(t, c.fields, c.body, c.trailers...)
			if c.reason == "" {
				require.Contains(t, []string{"400", "reset"}, status)
			} else {
				// A stream may have been reset before its handler ended.
				require.Equal(t, c.reason, <-decided, status)
			}
			require.Zero(t, u.upstream.Load(), status)
			require.Zero(t, u.store.claims.Load())
		})
	}
}

// Trailers that were not declared are dropped by net/http: the application sees none.
func TestHTTP2UndeclaredTrailerIsNotSeen(t *testing.T) {
	u, s := newSetup(t), newPost("hello")
	status := u.sendHTTP2(t, s.http2Fields(), s.body, hpack.HeaderField{Name: "x-admin", Value: "1"})
	require.Equal(t, "204", status)
	require.Empty(t, u.seen.Trailer)
	require.NotContains(t, u.seen.Header, "X-Admin")
}
