package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/countersign-dev/countersign/canonical"
)

// recordVersion is that of the form which a Record is written in.
const recordVersion = 1

// Record is what a verifier saw of a request that it refused, for `countersign explain`, which finds
// out why from it. [Policy.Record] asks for it.
//
// It is for the operator's own log alone: it holds the request's query with its values, its nonce,
// and the values of the headers that it names as signed, cookies and tokens among them. It holds no
// secret, no body (only the hash of one), and no value of a header that is not signed. In the place
// of the signature stands the signature's SHA-256: whoever reads a log could otherwise put right
// what the request was refused for, and send it.
//
// A request that could not be parsed, or whose texts hold what looks like a secret, leaves its
// method, its path and the names of its headers alone.
type Record struct {
	Time      time.Time        `json:"time"` // when the request came
	RequestID string           `json:"request_id"`
	Reason    canonical.Reason `json:"reason"`           // why it was refused
	Detail    string           `json:"detail,omitempty"` // the broken rule, or ""
	Region    string           `json:"region"`           // what the verifier pins
	Service   string           `json:"service"`

	Method string `json:"method"`
	// Target is the request-target as sent, but for the signature of a presigned request. Where
	// Withheld it is the path alone, and the fields from Host to Signed are empty.
	Target string `json:"target"`
	// Withheld is why the record leaves out what the request says, or "".
	Withheld string `json:"withheld,omitempty"`
	Host     string `json:"host,omitempty"`
	// Authorization is the header of that name, but for the signature, or "".
	Authorization string         `json:"authorization,omitempty"`
	Signed        []RecordHeader `json:"signed,omitempty"` // the signed headers, but Host
	// Unsigned are the names of all other headers in canonical MIME form, sorted; without
	// Authorization, unless Withheld.
	Unsigned []string `json:"unsigned,omitempty"`
	// Body is nil where a body was announced and has not been read to its end.
	Body *RecordBody `json:"body,omitempty"`
	// HeadOnly says that the verifier was not to look at the body: [Verifier.VerifyHead].
	HeadOnly bool `json:"head_only,omitempty"`
}

// RecordHeader is a header with its values as received, one a line.
type RecordHeader struct {
	Name   string
	Values []string
}

// RecordBody tells of a body without telling it.
type RecordBody struct {
	SHA256 string `json:"sha256"` // in hex
	Bytes  int    `json:"bytes"`
}

// recordFields are a Record's, without its methods.
type recordFields Record

// recordJSON is how a Record is written: its first member is the version of its form.
type recordJSON struct {
	Version int `json:"countersign_record"`
	*recordFields
}

// MarshalJSON implements [json.Marshaler]. It writes one line of printable ASCII, whose first member,
// countersign_record, is the version of its form.
func (r *Record) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(recordJSON{recordVersion, (*recordFields)(r)})
	if err != nil {
		return nil, err
	}
	return escapeJSON(text), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It refuses a version that it does not know.
func (r *Record) UnmarshalJSON(text []byte) error {
	read := recordJSON{recordFields: new(recordFields)}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if read.Version != recordVersion {
		return fmt.Errorf("a record of version %d: this program reads version %d", read.Version, recordVersion)
	}
	*r = Record(*read.recordFields)
	return nil
}

// headerJSON has the values as text, or, where one is not UTF-8, all of them in base64.
type headerJSON struct {
	Name   string   `json:"name"`
	Values []string `json:"values,omitempty"`
	Base64 [][]byte `json:"base64,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (h RecordHeader) MarshalJSON() ([]byte, error) {
	if !slices.ContainsFunc(h.Values, func(value string) bool { return !utf8.ValidString(value) }) {
		return json.Marshal(headerJSON{Name: h.Name, Values: h.Values})
	}
	form := headerJSON{Name: h.Name}
	for _, value := range h.Values {
		form.Base64 = append(form.Base64, []byte(value))
	}
	return json.Marshal(form)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (h *RecordHeader) UnmarshalJSON(text []byte) error {
	var form headerJSON
	if err := json.Unmarshal(text, &form); err != nil {
		return err
	}
	h.Name, h.Values = form.Name, form.Values
	for _, value := range form.Base64 {
		h.Values = append(h.Values, string(value))
	}
	return nil
}

// escapeJSON writes what is not printable ASCII as \u escapes: logs are read on terminals.
func escapeJSON(text []byte) []byte {
	var escaped bytes.Buffer
	for _, r := range string(text) {
		if r >= ' ' && r <= '~' {
			escaped.WriteByte(byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&escaped, `\u%04x`, unit)
		}
	}
	return escaped.Bytes()
}

// LogValue implements [slog.LogValuer]: the record is one attribute, whatever the handler.
func (r *Record) LogValue() slog.Value {
	text, err := r.MarshalJSON()
	if err != nil {
		return slog.StringValue(err.Error())
	}
	return slog.AnyValue(json.RawMessage(text))
}
