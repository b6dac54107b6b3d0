package explain

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

var whenSigned = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// recordOf sends a request to a verifier of the tests' key, and returns the record of its refusal.
func recordOf(t *testing.T, wire string, changes ...func(*server.Key)) *server.Record {
	t.Helper()
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Clock: fixedClock{}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	key := &server.Key{ID: "ck", Environment: "live", Secrets: []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}}}
	for _, change := range changes {
		change(key)
	}
	var record *server.Record
	verifier, err := server.NewVerifier(server.NewStaticKeys(key), store, server.Policy{
		Region: "live", Service: "orders", Record: true, Now: func() time.Time { return whenSigned.Add(time.Minute) },
		Observe: func(_ context.Context, d server.Decision) { record = d.Record },
	})
	require.NoError(t, err)
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	verifier.Handler(http.NotFoundHandler()).ServeHTTP(answer, req)
	require.NotNil(t, record, answer.Body)
	return record
}

type fixedClock struct{}

func (fixedClock) Now() time.Time           { return whenSigned.Add(time.Minute) }
func (fixedClock) SinceBoot() time.Duration { return time.Minute }

// lines returns a record as logs hold it, one line in each.
func lines(t *testing.T, record *server.Record) map[string]string {
	t.Helper()
	plain, err := json.Marshal(record)
	require.NoError(t, err)
	var text, object bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("refused", "record", record)
	slog.New(slog.NewJSONHandler(&object, nil)).Info("refused", "record", record)
	collected, err := json.Marshal(map[string]string{"log": text.String(), "stream": "stderr"})
	require.NoError(t, err)
	return map[string]string{"alone": string(plain), "text": text.String(), "JSON": object.String(), "collected": string(collected)}
}

func TestReadFindsARecordInAnyLog(t *testing.T) {
	record := recordOf(t, queried.wire(t, secret("wrong")))
	for name, line := range lines(t, record) {
		in, err := Read([]byte("time=… level=INFO msg=serving\n" + line + "\nbehind it\n"))
		require.NoError(t, err, name)
		assert.Equal(t, record, in.record, name)
		report := Explain(in, Options{})
		assert.Equal(t, "/a%20b?b=x+y&a", report.Target)
		assert.Equal(t, canonical.SignatureMismatch, report.Record.Reason)
		assert.EqualValues(t, 60, report.Signature.AgeSeconds, "the time is the record's")
		assert.Equal(t, Refused, report.Verdict)
	}
}

// TestARecordShowsTheSameFault as the request itself, but for what it does not hold.
func TestARecordShowsTheSameFault(t *testing.T) {
	shown := 0
	for _, f := range faults {
		t.Run(f.change, func(t *testing.T) {
			wire := f.request.wire(t, f.other)
			report := Explain(read(t, lines(t, recordOf(t, wire))["text"]), f.secretOptions())
			assert.Equal(t, Mismatch, report.Verdict, "%v", report.Problems)
			whole := Explain(read(t, wire), f.secretOptions())
			assert.Equal(t, whole.Forms, report.Forms)
			switch f.change {
			case "received-body", // which was not read
				"host-of-x-forwarded-host", "host-of-x-original-host", "host-of-forwarded", "path-prefix-forwarded": // not signed
				assert.Empty(t, report.Changes)
				return
			}
			if strings.HasPrefix(f.change, "body-") || strings.HasPrefix(f.change, "json-") {
				require.Empty(t, report.Changes)
				in := read(t, lines(t, recordOf(t, wire))["text"])
				in.SetBody([]byte(f.request.body))
				report = Explain(in, f.secretOptions())
			}
			require.Len(t, report.Changes, 1)
			assert.Equal(t, f.change, report.Changes[0].Name)
			shown++
		})
	}
	assert.Greater(t, shown, 80)
}

// TestARecordTellsOfABodyThatWasRewritten on the way: the client's own body explains the mismatch.
func TestARecordTellsOfABodyThatWasRewritten(t *testing.T) {
	in := read(t, lines(t, recordOf(t, text.wire(t, hashed("the client's"))))["text"])
	in.SetBody([]byte("the client's"))
	report := Explain(in, Options{Secret: testSecret})
	require.Len(t, report.Changes, 1)
	assert.Equal(t, "body-given", report.Changes[0].Name)
	assert.Contains(t, strings.Join(report.Notes, "\n"), "the body given (12 bytes) is not the one that the verifier received (4 bytes)")
}

// TestARecordTellsWhatTheRequestDoesNot: why the verifier refused a request whose signature is right.
func TestARecordTellsWhatTheRequestDoesNot(t *testing.T) {
	right := queried.wire(t, nil)
	rotated := func(key *server.Key) { key.Secrets[0].Secret = canonical.NewSecret("the new one") }
	for name, test := range map[string]struct {
		wire    string
		change  func(*server.Key)
		options Options
		verdict Verdict
		reason  canonical.Reason
		says    string // a note
	}{
		"disabled":        {right, func(key *server.Key) { key.Disabled = true }, Options{Secret: testSecret}, Refused, canonical.KeyDisabled, "the signature itself is right"},
		"no secret":       {right, rotated, Options{}, Refused, canonical.SignatureMismatch, ""},
		"rotated":         {right, rotated, Options{Secret: testSecret}, Refused, canonical.SignatureMismatch, "the verifier has other secrets of the key ck"},
		"older secret":    {right, rotated, Options{Secret: "the new one", OldSecrets: []string{testSecret}}, Mismatch, canonical.SignatureMismatch, ""},
		"another service": {strings.Replace(right, "/orders/cs4", "/stock/cs4", 1), rotated, Options{Secret: testSecret, Service: "stock"}, Refused, canonical.WrongScope, ""},
		"not parsed":      {strings.Replace(right, "Nonce: 0", "Nonce: !", 1), rotated, Options{Secret: testSecret}, Refused, canonical.BadNonce, "could not be parsed"},
		"clock":           {strings.ReplaceAll(right, "T0930", "T0900"), rotated, Options{Secret: testSecret}, Mismatch, canonical.SignatureMismatch, ""},
	} {
		report := Explain(read(t, lines(t, recordOf(t, test.wire, test.change))["JSON"]), test.options)
		assert.Equal(t, test.verdict, report.Verdict, name)
		require.NotEmpty(t, report.Problems, name)
		var reasons []canonical.Reason
		for _, p := range report.Problems {
			reasons = append(reasons, p.Reason)
			assert.NotEmpty(t, p.Detail, name)
			assert.NotEmpty(t, p.Fix, name)
		}
		assert.Contains(t, reasons, test.reason, name)
		assert.Contains(t, strings.Join(report.Notes, "\n"), test.says, name)
		var out bytes.Buffer
		require.NoError(t, report.WriteText(&out, false))
		assert.Contains(t, out.String(), report.Record.RequestID)
	}
}

// TestARecordOfAPresignedRequest is compared by the signature's hash too.
func TestARecordOfAPresignedRequest(t *testing.T) {
	const parameters = "X-Countersign-Algorithm=CS4-HMAC-SHA256&X-Countersign-Credential=ck%2F20261120%2Flive%2Forders%2Fcs4_request&X-Countersign-Date=20261120T093000Z&X-Countersign-Expires=300&X-Countersign-Nonce=5f0c7a1e-93b2-4d68-a1f4-2e8b6c0d9375&X-Countersign-SignedHeaders=host"
	o := &oracle{
		method: "GET", path: "/v1/orders", query: parameters + "&limit=10", lines: []string{"host:api.example.com"}, names: "host", hash: oracleHash(""),
		separator: "\n\n", lineEnd: "\n", hashAs: strings.ToLower, algorithm: "CS4-HMAC-SHA256", date: testDate, day: "20261120", region: "live",
		service: "orders", terminator: "cs4_request", prefix: "CS4", secret: testSecret, keyDay: "20261120", handOn: func(key []byte) []byte { return key },
	}
	wire := "GET /v1/orders?limit=10&" + parameters + "&X-Countersign-Signature=" + o.signature() + " HTTP/1.1\r\nHost: upstream:9000\r\n\r\n"
	record := recordOf(t, wire)
	assert.NotContains(t, record.Target, o.signature())
	report := Explain(read(t, lines(t, record)["text"]), Options{Secret: testSecret, Hosts: []string{"api.example.com"}})
	require.Len(t, report.Changes, 1)
	assert.Equal(t, "host-given", report.Changes[0].Name)
}

func TestARecordOfAHeadTellsWhereTheBodyWent(t *testing.T) {
	record := recordOf(t, text.wire(t, nil), func(key *server.Key) { key.Disabled = true })
	record.HeadOnly, record.Body = true, &server.RecordBody{SHA256: oracleHash("")}
	in := read(t, lines(t, record)["text"])
	in.SetBody([]byte("body"))
	report := Explain(in, Options{Secret: testSecret})
	assert.Contains(t, strings.Join(report.Notes, "\n"), "send the content hash header")
	require.Len(t, report.Changes, 1)
	assert.Equal(t, "body-given", report.Changes[0].Name)
}

// TestARecordNeedsNoRules: what its verifier has admitted is explained, whatever the defaults are.
func TestARecordNeedsNoRules(t *testing.T) {
	record := recordOf(t, request{target: "/a", path: "/a"}.wire(t, nil), func(key *server.Key) { key.Disabled = true })
	record.Target = "/a%2Fb?" + strings.Repeat("a&", 300) + "a"
	record.Unsigned = append(record.Unsigned, "X-Countersign-Trace")
	report := Explain(read(t, lines(t, record)["text"]), Options{})
	require.Len(t, report.Problems, 1, "%v", report.Problems)
	assert.Equal(t, canonical.BadHeader, report.Problems[0].Reason, "no verifier admits that name")
	record.Unsigned = []string{"X-Amz-Trace", "Connection", "Content-Length"}
	report = Explain(read(t, lines(t, record)["text"]), Options{})
	require.Len(t, report.Problems, 1, "%v", report.Problems)
	assert.Equal(t, canonical.KeyDisabled, report.Problems[0].Reason)
}

func TestReadChoosesAmongRecords(t *testing.T) {
	first, second := recordOf(t, text.wire(t, secret("wrong"))), recordOf(t, queried.wire(t, secret("wrong")))
	log := lines(t, first)["text"] + "GET /no HTTP/1.1\n" + lines(t, second)["JSON"]
	in, err := Read([]byte(log))
	require.NoError(t, err)
	assert.Equal(t, second, in.record)
	assert.Contains(t, strings.Join(in.notes, "\n"), "the last of 2 records")
	in, err = ReadFrom([]byte(log), first.RequestID)
	require.NoError(t, err)
	assert.Equal(t, first, in.record)
	assert.Empty(t, in.notes)

	for text, says := range map[string]string{
		log:                           "none of the 2 records is of request id nobody",
		"time=… msg=refused reason=x": "log: {level: debug, record: true}",
		strings.TrimSuffix(log, "}\n")[:len(log)-40]:        "was it cut?",
		strings.Replace(log, `record\":1`, `record\":9`, 1): "version 9",
	} {
		in, err := ReadFrom([]byte(text), "nobody")
		assert.ErrorContains(t, err, says)
		assert.Nil(t, in)
	}
}
