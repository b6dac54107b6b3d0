package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
	Time      time.Time        // when the request came
	RequestID string           // as in the answer
	Reason    canonical.Reason // why it was refused
	Detail    string           // the broken rule, or ""
	Region    string           // what the verifier pins
	Service   string

	Method string
	// Target is the request-target as sent, but for the signature of a presigned request. Where
	// Withheld it is the path alone, and the fields from Host to Signed are empty.
	Target string
	// Withheld is why the record leaves out what the request says, or "".
	Withheld string
	Host     string
	// Authorization is the header of that name, but for the signature, or "".
	Authorization string
	Signed        []RecordHeader // the signed headers, but Host
	// Unsigned are the names of all other headers in canonical MIME form, sorted; without
	// Authorization, unless Withheld.
	Unsigned []string
	// Body is nil where a body was announced and has not been read to its end.
	Body *RecordBody
	// HeadOnly says that the verifier was not to look at the body: [Verifier.VerifyHead].
	HeadOnly bool
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

// recordJSON is how a Record is written.
type recordJSON struct {
	Version       int              `json:"countersign_record"`
	Time          time.Time        `json:"time"`
	RequestID     string           `json:"request_id"`
	Reason        canonical.Reason `json:"reason"`
	Detail        string           `json:"detail,omitempty"`
	Region        string           `json:"region"`
	Service       string           `json:"service"`
	Method        string           `json:"method"`
	Target        string           `json:"target"`
	Withheld      string           `json:"withheld,omitempty"`
	Host          string           `json:"host,omitempty"`
	Authorization string           `json:"authorization,omitempty"`
	Signed        []headerJSON     `json:"signed,omitempty"`
	Unsigned      []string         `json:"unsigned,omitempty"`
	Body          *RecordBody      `json:"body,omitempty"`
	HeadOnly      bool             `json:"head_only,omitempty"`
}

// headerJSON has the values as text, or, where one is not UTF-8, all of them in base64.
type headerJSON struct {
	Name   string   `json:"name"`
	Values []string `json:"values,omitempty"`
	Base64 []string `json:"base64,omitempty"`
}

// MarshalJSON implements [json.Marshaler]. It writes one line of printable ASCII, whose first member,
// countersign_record, is the version of its form.
func (r *Record) MarshalJSON() ([]byte, error) {
	form := recordJSON{
		Version: recordVersion, Time: r.Time, RequestID: r.RequestID, Reason: r.Reason, Detail: r.Detail,
		Region: r.Region, Service: r.Service, Method: r.Method, Target: r.Target, Withheld: r.Withheld,
		Host: r.Host, Authorization: r.Authorization, Unsigned: r.Unsigned, Body: r.Body, HeadOnly: r.HeadOnly,
	}
	for _, header := range r.Signed {
		form.Signed = append(form.Signed, headerJSONOf(header))
	}
	text, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	return escapeJSON(text), nil
}

func headerJSONOf(header RecordHeader) headerJSON {
	form := headerJSON{Name: header.Name, Values: header.Values}
	for _, value := range header.Values {
		if !utf8.ValidString(value) {
			form.Values = nil
		}
	}
	if form.Values == nil {
		for _, value := range header.Values {
			form.Base64 = append(form.Base64, base64.StdEncoding.EncodeToString([]byte(value)))
		}
	}
	return form
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

// UnmarshalJSON implements [json.Unmarshaler]. It refuses a version that it does not know.
func (r *Record) UnmarshalJSON(text []byte) error {
	var form recordJSON
	if err := json.Unmarshal(text, &form); err != nil {
		return err
	}
	if form.Version != recordVersion {
		return fmt.Errorf("a record of version %d: this program reads version %d", form.Version, recordVersion)
	}
	read := Record{
		Time: form.Time, RequestID: form.RequestID, Reason: form.Reason, Detail: form.Detail,
		Region: form.Region, Service: form.Service, Method: form.Method, Target: form.Target, Withheld: form.Withheld,
		Host: form.Host, Authorization: form.Authorization, Unsigned: form.Unsigned, Body: form.Body, HeadOnly: form.HeadOnly,
	}
	for _, header := range form.Signed {
		values := header.Values
		for _, value := range header.Base64 {
			plain, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return errors.New("a record with a header value that is not base64")
			}
			values = append(values, string(plain))
		}
		read.Signed = append(read.Signed, RecordHeader{Name: header.Name, Values: values})
	}
	*r = read
	return nil
}

// LogValue implements [slog.LogValuer]: the record is one attribute, whatever the handler.
func (r *Record) LogValue() slog.Value {
	text, err := r.MarshalJSON()
	if err != nil {
		return slog.StringValue(err.Error())
	}
	return slog.AnyValue(json.RawMessage(text))
}
