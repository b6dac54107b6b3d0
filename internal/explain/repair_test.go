package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// TestRepairNamesWhatAHopDid to a request that therefore breaks a rule.
func TestRepairNamesWhatAHopDid(t *testing.T) {
	encoded := request{header: "Accept-Encoding: gzip, deflate\n", signed: "accept-encoding:gzip, deflate\n"}
	sized := request{body: "body", header: "X-Size: 4\n", signed: "x-size:4\n"}
	tests := []struct {
		name    string
		request request
		other   func(o *oracle)
		old     string // replaced by new on the way
		new     string
		reason  canonical.Reason
		change  string
		cause   string
	}{
		{"taken off", encoded, nil, "Accept-Encoding: gzip, deflate\r\n", "", canonical.MissingHeader, "header-taken-off", `accept-encoding was signed as "gzip, deflate", and did not arrive`},
		{"a number of bytes", sized, nil, "X-Size: 4\r\n", "", canonical.MissingHeader, "header-taken-off", `x-size was signed as "4"`},
		{"taken off, value unknown", request{header: "X-A: secret\n", signed: "x-a:secret\n"}, nil, "X-A: secret\r\n", "", canonical.MissingHeader, "", ""},
		{"added", request{}, nil, "Authorization:", "Content-Type: text/plain\r\nAuthorization:", canonical.UnsignedHeader, "header-added", "without Content-Type"},
		{"two added", request{}, nil, "Authorization:", "X-Http-Method: PUT\r\nContent-Type: text/plain\r\nAuthorization:", canonical.UnsignedHeader, "header-added", "without Content-Type and X-Http-Method"},
		{"added, and wrong besides", request{}, secret("wrong"), "Authorization:", "Content-Type: text/plain\r\nAuthorization:", canonical.UnsignedHeader, "", ""},
		{"scope of another day", request{}, func(o *oracle) { o.day, o.keyDay = "20261119", "20261119" }, "ck/20261120/", "ck/20261119/", canonical.WrongScope, "scope-date", "the day of Credential, 20261119"},
		{"Credential of another day", request{}, nil, "ck/20261120/", "ck/20261119/", canonical.WrongScope, "scope-date", "the day of Credential, 20261119"},
		{"scope of another day, and wrong besides", request{}, secret("wrong"), "ck/20261120/", "ck/20261119/", canonical.WrongScope, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wire := test.request.wire(t, test.other)
			require.Contains(t, wire, test.old)
			report := Explain(read(t, strings.Replace(wire, test.old, test.new, 1)), Options{Secret: testSecret})
			assert.Equal(t, Refused, report.Verdict)
			require.Len(t, report.Problems, 1)
			assert.Equal(t, test.reason, report.Problems[0].Reason)
			if test.change == "" {
				assert.Empty(t, report.Changes)
				return
			}
			require.Len(t, report.Changes, 1)
			assert.Equal(t, test.change, report.Changes[0].Name)
			assert.Contains(t, report.Changes[0].Cause, test.cause)
			assert.NotEmpty(t, report.Changes[0].Fix)
		})
	}
}

func TestRepairNeedsASecretAndABody(t *testing.T) {
	wire := strings.Replace(request{body: "body"}.wire(t, nil), "Authorization:", "Content-Type: text/plain\r\nAuthorization:", 1)
	assert.Len(t, Explain(read(t, wire), Options{Secret: testSecret}).Changes, 1)
	assert.Empty(t, Explain(read(t, wire), Options{}).Changes)
	head, _, _ := strings.Cut(wire, "\r\n\r\n")
	assert.Empty(t, Explain(read(t, head+"\r\n\r\n"), Options{Secret: testSecret}).Changes)
}
