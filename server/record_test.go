package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

func recording(u *setup) { u.policy.Record = true }

// line returns a record as a log holds it.
func line(t testing.TB, record *server.Record) string {
	t.Helper()
	text, err := json.Marshal(record)
	require.NoError(t, err)
	require.Regexp(t, `^\{"countersign_record":1,[ -~]*\}$`, string(text), "one line of printable ASCII")
	return string(text)
}

// held is everything in a request that no record may hold.
func held(t testing.TB, req *http.Request) (texts []string) {
	t.Helper()
	signatures := regexp.MustCompile(`Signature=([0-9a-f]{64})`)
	for _, found := range signatures.FindAllStringSubmatch(req.RequestURI+"\n"+req.Header.Get("Authorization"), -1) {
		texts = append(texts, found[1])
	}
	return append(texts, testSecret, testSecret[10:])
}

// TestNoRecordHoldsASignatureOrSecret: whatever a request is refused for.
func TestNoRecordHoldsASignatureOrSecret(t *testing.T) {
	signed := 0
	for _, c := range refusals {
		t.Run(string(c.reason)+" "+c.name, func(t *testing.T) {
			u := newSetup(t, recording, func(u *setup) {
				if c.setup != nil {
					c.setup(u)
				}
			})
			req := c.request(t)
			hidden := held(t, req)
			signed += len(hidden) - 2
			u.requireRefused(t, req, c.reason)
			decision := u.decision(t)
			require.NotNil(t, decision.Record)
			require.Equal(t, c.reason, decision.Record.Reason)
			require.Equal(t, decision.RequestID, decision.Record.RequestID)
			text := line(t, decision.Record)
			for _, hidden := range hidden {
				require.NotContains(t, text, hidden)
			}
			var again server.Record
			require.NoError(t, json.Unmarshal([]byte(text), &again))
			require.Equal(t, decision.Record, &again)
		})
	}
	require.Greater(t, signed, 60, "most of the requests are signed")
}

// TestRecordHoldsWhatTheSignatureCovers, and of the rest the names alone.
func TestRecordHoldsWhatTheSignatureCovers(t *testing.T) {
	u := newSetup(t, recording)
	s := newPost(`{"password":"planted"}`)
	s.hash = ""
	s.headers = append(s.headers, "X-Label: a  b", "X-Label: \xff", "Cookie: planted", "X-Forwarded-Host: planted.example")
	s.unsigned = []string{"cookie", "x-forwarded-host"}
	req := s.edit(t, "Host: api.example", "Host: upstream:9000")
	u.requireRefused(t, req, canonical.SignatureMismatch)

	record := u.decision(t).Record
	signature := s.signature()
	list := "content-type;host;x-countersign-date;x-countersign-nonce;x-label"
	require.Equal(t, &server.Record{
		Time: noon, RequestID: u.decision(t).RequestID, Reason: canonical.SignatureMismatch, Region: "live", Service: "orders",
		Method: "POST", Target: s.target, Host: "upstream:9000",
		Authorization: "CS4-HMAC-SHA256 Credential=" + testKeyID + "/20260314/live/orders/cs4_request, SignedHeaders=" + list + ", Signature=" + sha256Hex(signature),
		Signed: []server.RecordHeader{
			{Name: "Content-Type", Values: []string{"application/json"}},
			{Name: "X-Countersign-Date", Values: []string{"20260314T120000Z"}},
			{Name: "X-Countersign-Nonce", Values: []string{s.nonce}},
			{Name: "X-Label", Values: []string{"a  b", "\xff"}},
		},
		Unsigned: []string{"Content-Length", "Cookie", "X-Forwarded-Host"},
		Body:     &server.RecordBody{SHA256: sha256Hex(s.body), Bytes: len(s.body)},
	}, record)
	text := line(t, record)
	require.NotContains(t, text, "planted")
	var again server.Record
	require.NoError(t, json.Unmarshal([]byte(text), &again))
	require.Equal(t, record, &again, "bytes that are not UTF-8 survive")
}

// TestRecordTellsOfTheBodyThatCounted: none is one of no bytes, and one that was not read is unknown.
func TestRecordTellsOfTheBodyThatCounted(t *testing.T) {
	u := newSetup(t, recording)
	for _, test := range []struct {
		name    string
		signing signing
		want    *server.RecordBody
	}{
		{"none", newSigning(), &server.RecordBody{SHA256: canonical.HashEmptyPayload}},
		{"read", func() signing { s := newPost("hello"); s.hash = ""; return s }(), &server.RecordBody{SHA256: sha256Hex("hello"), Bytes: 5}},
		{"not read", newPost("hello"), nil},
	} {
		test.signing.secret += "x"
		u.requireRefused(t, test.signing.request(t), canonical.SignatureMismatch)
		require.Equal(t, test.want, u.decision(t).Record.Body, test.name)
	}
}

// TestRecordOfAHeadTellsOfNoBody, unless the lack of a content hash made it an empty one.
func TestRecordOfAHeadTellsOfNoBody(t *testing.T) {
	u := newSetup(t, recording)
	for _, test := range []struct {
		name string
		hash string
		want *server.RecordBody
	}{
		{"content hash", "body", nil},
		{"none", "", &server.RecordBody{SHA256: canonical.HashEmptyPayload}},
	} {
		s := newPost("hello")
		s.hash, s.secret = test.hash, "a wrong one"
		_, err := u.VerifyHead(s.request(t))
		require.Error(t, err)
		require.True(t, u.decision(t).Record.HeadOnly)
		require.Equal(t, test.want, u.decision(t).Record.Body, test.name)
		require.Contains(t, line(t, u.decision(t).Record), `"head_only":true`)
	}
}

func TestRecordOfAPresignedRequestKeepsItsTarget(t *testing.T) {
	u := newSetup(t, recording)
	s := newSigning()
	s.expires, s.at = 60, noon.Add(-time.Hour)
	signature := s.signature()
	req := s.request(t)
	want := strings.Replace(req.RequestURI, signature, sha256Hex(signature), 1)
	// Escapes hide a signature from whoever looks for it as it is.
	req.RequestURI = strings.Replace(req.RequestURI, "Signature="+signature[:1], "Signature=%"+hexOf(signature[0]), 1)
	u.requireRefused(t, req, canonical.PresignExpired)
	require.True(t, u.decision(t).KeyProved)
	require.Equal(t, want, u.decision(t).Record.Target)
	require.NotContains(t, line(t, u.decision(t).Record), signature[1:])
}

func hexOf(c byte) string { return string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]) }

// TestRecordWithholds what it cannot tell from a secret or a signature.
func TestRecordWithholds(t *testing.T) {
	const native = "cs_live_2tgja0t2rfjdkg9dd9w05x8r54gwybg49r5r7rwsq4ahkqe76nrgy2pmy9g"
	const imported = "an imported secret + of 32 bytes!!"
	tests := []struct {
		name    string
		key     string // its secret
		change  func(*signing)
		old     string // replaced by new after signing
		new     string
		reason  canonical.Reason
		held    string // must not stand in the record
		says    string
		targets string
	}{
		{name: "not parsed", change: func(s *signing) { s.target = "/v1/orders?token=planted" }, old: "X-Countersign-Nonce: ", new: "X-Countersign-Nonce: !", reason: canonical.BadNonce, held: "planted", says: "could not be parsed", targets: "/v1/orders"},
		{name: "secret in the query", change: func(s *signing) { s.target = "/v1/orders?key=" + native }, reason: canonical.SignatureMismatch, held: native[10:], says: "replace it", targets: "/v1/orders"},
		{name: "escaped", change: func(s *signing) { s.target = "/v1/orders?key=%63" + native[1:] }, reason: canonical.SignatureMismatch, held: native[10:], says: "replace it", targets: "/v1/orders"},
		{name: "cut", change: func(s *signing) { s.headers = []string{"X-Api-Key: " + native[:40]} }, reason: canonical.SignatureMismatch, held: native[10:40], says: "replace it", targets: "/v1/orders"},
		{name: "in the path", change: func(s *signing) { s.target = "/v1/" + native }, reason: canonical.SignatureMismatch, held: native[10:], says: "replace it"},
		{name: "as a header's name", change: func(s *signing) { s.headers = []string{native + ": 1"} }, reason: canonical.SignatureMismatch, held: native[10:], says: "replace it", targets: "/v1/orders"},
		{name: "imported", key: imported, change: func(s *signing) { s.headers = []string{"X-Api-Key: " + imported} }, reason: canonical.SignatureMismatch, held: imported, says: "replace it", targets: "/v1/orders"},
		{name: "imported, escaped", key: imported, change: func(s *signing) { s.target = "/v1/orders?key=an+imported+secret+%2B+of+32+bytes!!" }, reason: canonical.SignatureMismatch, held: "imported", says: "replace it", targets: "/v1/orders"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := newSetup(t, recording, func(u *setup) {
				if test.key != "" {
					u.key.Secrets[0].Secret = canonical.NewSecret(test.key)
				}
			})
			s := newSigning()
			s.secret = "a wrong one, so that it is refused"
			test.change(&s)
			req := s.request(t)
			if test.old != "" {
				req = s.edit(t, test.old, test.new)
			}
			u.requireRefused(t, req, test.reason)
			record := u.decision(t).Record
			require.Contains(t, record.Withheld, test.says)
			require.Equal(t, test.targets, record.Target)
			require.Empty(t, record.Host+record.Authorization)
			require.Empty(t, record.Signed)
			require.Contains(t, record.Unsigned, "X-Countersign-Date")
			text := line(t, record)
			require.NotContains(t, strings.ToLower(text), test.held)
			require.NotContains(t, text, s.nonce)
		})
	}
}

// TestRecordIsMadeWhereAskedForAlone: an accepted request has none, and no refusal without Record.
func TestRecordIsMadeWhereAskedForAlone(t *testing.T) {
	u := newSetup(t, recording)
	u.requireAccepted(t, newSigning().request(t))
	require.Nil(t, u.decision(t).Record)
	u = newSetup(t)
	s := newSigning()
	s.secret += "x"
	u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
	require.Nil(t, u.decision(t).Record)
}

// TestRecordChangesNothingForTheClient: the answer has the same bytes, request id aside.
func TestRecordChangesNothingForTheClient(t *testing.T) {
	s := newSigning()
	s.secret += "x"
	var answers []string
	for _, change := range []func(*setup){func(*setup) {}, recording} {
		u := newSetup(t, change)
		answer := u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
		var text bytes.Buffer
		require.NoError(t, answer.Header().Write(&text))
		_, err := io.Copy(&text, answer.Body)
		require.NoError(t, err)
		answers = append(answers, strings.ReplaceAll(text.String(), u.decision(t).RequestID, ""))
	}
	require.Equal(t, answers[0], answers[1])
}

func TestRecordIsOneAttributeOfALog(t *testing.T) {
	record := &server.Record{Reason: canonical.SignatureMismatch, Target: "/a?b=<\u202e>"}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).Info("refused", "record", record)
		require.Equal(t, 1, strings.Count(out.String(), "\n"), name)
		require.Contains(t, out.String(), "countersign_record", name)
		require.NotContains(t, out.String(), "\u202e", name)
	}
}

func TestRecordOfAnotherVersionIsRefused(t *testing.T) {
	for _, text := range []string{`{}`, `{"countersign_record":2}`, `{"countersign_record":"1"}`, `{"countersign_record":1,"signed":[{"name":"A","base64":["!"]}]}`, `[]`} {
		record := server.Record{Method: "kept"}
		require.Error(t, json.Unmarshal([]byte(text), &record), text)
		require.Equal(t, server.Record{Method: "kept"}, record)
	}
}

func FuzzRecordReadsWhatItWrites(f *testing.F) {
	f.Add("GET", "/a?b=c", "X-A", "\xff\u202e<&>\"\\")
	f.Fuzz(func(t *testing.T, method, target, name, value string) {
		clean := func(text string) string { return strings.ToValidUTF8(text, "�") } // as Parse has seen to
		record := &server.Record{
			Method: clean(method), Target: clean(target), Time: noon,
			Signed: []server.RecordHeader{{Name: clean(name), Values: []string{value, "b"}}},
		}
		text := line(t, record)
		var again server.Record
		if err := json.Unmarshal([]byte(text), &again); err != nil {
			t.Fatal(err)
		}
		require.Equal(t, record, &again)
	})
}
