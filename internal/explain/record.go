package explain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// recordMark begins a record, as its own JSON has it.
const recordMark = `{"countersign_record":`

// readRecord looks for a verifier's records in the lines of a log, and takes the last one, or the one
// of a request id. found is false where there is none at all.
func readRecord(text []byte, requestID string) (in *Input, found bool, err error) {
	count := 0
	var chosen *server.Record
	for line := range strings.Lines(string(text)) {
		record, err := recordIn(line)
		if err != nil {
			return nil, true, err
		}
		if record == nil {
			continue
		}
		count++
		if requestID == "" || record.RequestID == requestID {
			chosen = record
		}
	}
	switch {
	case count == 0 && requestID == "":
		return nil, false, nil
	case count == 0:
		return nil, true, fmt.Errorf("no record found: a verifier writes them with log: {level: debug, record: true}")
	case chosen == nil:
		return nil, true, fmt.Errorf("none of the %d records is of request id %s", count, requestID)
	}
	in = inputOf(chosen)
	if count > 1 && requestID == "" {
		in.notes = append(in.notes, fmt.Sprintf("the last of %d records; --request-id chooses another", count))
	}
	return in, true, nil
}

// recordIn returns the record that a log line holds, or nil. A log writes it as it is or as a quoted
// string, and whatever collects logs may have quoted that again.
func recordIn(line string) (*server.Record, error) {
	if !strings.Contains(line, "countersign_record") {
		return nil, nil
	}
	for range 4 {
		if _, after, found := strings.Cut(line, recordMark); found {
			record := new(server.Record)
			if err := json.NewDecoder(strings.NewReader(recordMark + after)).Decode(record); err != nil {
				return nil, fmt.Errorf("a verifier's record that cannot be read (was it cut?): %w", err)
			}
			return record, nil
		}
		line = unquoted.Replace(line)
	}
	return nil, nil
}

// unquoted takes off one layer of quoting; a record is printable ASCII.
var unquoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

// inputOf makes the request that a record tells of. The values of headers that were not signed are
// empty.
func inputOf(record *server.Record) *Input {
	in := &Input{
		Message:     canonical.Message{Method: record.Method, Target: record.Target, Host: record.Host, Header: map[string][]string{}},
		BodyMissing: true, record: record,
	}
	for _, header := range record.Signed {
		in.Message.Header[header.Name] = header.Values
	}
	for _, name := range record.Unsigned {
		in.Message.Header[name] = []string{""}
	}
	if record.Authorization != "" {
		in.Message.Header["Authorization"] = []string{record.Authorization}
	}
	return in
}

// recordRules admit what the verifier that made the record has admitted: its request was parsed.
func (in *Input) recordRules() canonical.Rules {
	const unlimited = 1 << 30
	return canonical.Rules{
		Limits:       canonical.Limits{Target: unlimited, Headers: unlimited, HeaderBytes: unlimited, Parameters: unlimited},
		EncodedSlash: true, AddedOnTheWay: in.record.Unsigned, SignatureNonce: true, MaxExpires: unlimited,
	}
}

func (in *Input) refusal() *Refusal {
	return &Refusal{Time: in.record.Time, RequestID: in.record.RequestID, Reason: in.record.Reason}
}

// now is the instant that the request's date is compared with: the record's own, if none is given.
func (in *Input) now(given time.Time) time.Time {
	if in.record != nil && given.IsZero() {
		return in.record.Time
	}
	return given
}

// payload tells of the body that the verifier received.
func (in *Input) payload(declared string) *Payload {
	p := &Payload{Declared: declared, Bytes: len(in.Body), Missing: in.BodyMissing}
	switch {
	case in.record == nil && !in.BodyMissing:
		p.Computed = hexHash(in.Body)
		if in.doubtful && declared != "" && p.Computed != declared {
			p.Computed, p.Missing = "", true // curl's dots are not the bytes that were sent
		}
	case in.record != nil && in.record.Body != nil:
		p.Computed, p.Bytes, p.Missing = in.record.Body.SHA256, in.record.Body.Bytes, false
	case in.record != nil:
		p.Bytes, p.Missing = 0, true
	}
	return p
}

// checkRecord tells why the verifier refused, where the request itself does not show it.
func (report *Report) checkRecord(in *Input, options Options) {
	if in.record == nil {
		return
	}
	if in.record.HeadOnly && report.Payload != nil && report.Payload.Declared == "" {
		report.note("the verifier was not shown the body, as when a proxy asks it, and took it for empty: send the content hash header")
	}
	said := in.record.Reason
	shown := false
	for _, p := range report.Problems {
		shown = shown || p.Reason == said
	}
	if !shown {
		report.breaks(said, cmp.Or(in.record.Detail, "the verifier says so"))
		report.Verdict = Refused
	}
	if said == canonical.SignatureMismatch && report.MatchedForm != "" {
		report.note("the signature matches with the secret given here: the verifier has other secrets of the key %s (countersign keys show; has it read its keys anew?)", report.Signature.KeyID)
	}
	if said != canonical.SignatureMismatch && options.Secret != "" && report.MatchedForm != "" {
		report.note("the signature itself is right")
	}
}
