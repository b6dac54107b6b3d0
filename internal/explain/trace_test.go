package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asciiTrace is what curl 7.88.1 --trace-ascii writes, shortened; bytes that are not printable are a
// dot, and so is the line end inside the body.
const asciiTrace = `== Info:   Trying 127.0.0.1:18999...
== Info: Connected to 127.0.0.1 (127.0.0.1) port 18999 (#0)
=> Send header, 160 bytes (0xa0)
0000: POST /a?b=c HTTP/1.1
0016: Host: 127.0.0.1:18999
002d: X-Long: CS4-HMAC-SHA256 Credential=ck/20261122/live/orders/cs4_r
006d: equest, SignedHeaders=host
0089: Content-Length: 96
009d: 
=> Send data, 96 bytes (0x60)
0000: line one.line.two . end with more text so that it goes past the 
0040: width of a row in trace ascii
005f: x
== Info: HTTP 1.0, assume close after body
<= Recv header, 17 bytes (0x11)
0000: HTTP/1.0 200 OK
=> Send header, 20 bytes (0x14)
0000: GET /second HTTP/1.1
`

func TestReadUnderstandsCurlsTraceInASCII(t *testing.T) {
	in := read(t, strings.Replace(asciiTrace, "160 bytes (0xa0)", "159 bytes (0x9f)", 1))
	assert.Equal(t, "POST", in.Message.Method)
	assert.Equal(t, "/a?b=c", in.Message.Target)
	assert.Equal(t, "127.0.0.1:18999", in.Message.Host)
	assert.Equal(t, []string{"CS4-HMAC-SHA256 Credential=ck/20261122/live/orders/cs4_request, SignedHeaders=host"}, in.Message.Header["X-Long"])
	assert.Equal(t, "line one.line.two . end with more text so that it goes past the width of a row in trace ascii\r\nx", string(in.Body))
	assert.Len(t, in.Body, 96)
	assert.True(t, in.doubtful)
	assert.Contains(t, strings.Join(in.notes, "\n"), "give it with -d @FILE")
	in.SetBody([]byte("body"))
	assert.False(t, in.doubtful)
}

func TestReadUnderstandsTimesAndIdsInATrace(t *testing.T) {
	text := "04:00:05.913200 [0-0] == Info:   Trying\n04:00:05.913957 [0-0] => Send header, 39 bytes (0x27)\n" +
		"0000: GET /whoami HTTP/1.1\n0016: Host: a.example\n0027:\n"
	in := read(t, text)
	assert.Equal(t, "/whoami", in.Message.Target)
	assert.Equal(t, "a.example", in.Message.Host)
	assert.False(t, in.doubtful, "a dot in the header is a dot")
}

// TestReadUnderstandsCurlsTraceInHex: every byte, whatever it is.
func TestReadUnderstandsCurlsTraceInHex(t *testing.T) {
	text := "=> Send header, 57 bytes (0x39)\n" +
		"0000: 50 4f 53 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d POST / HTTP/1.1.\n" +
		"0010: 0a 48 6f 73 74 3a 20 61 0d 0a 43 6f 6e 74 65 6e .Host: a..Conten\n" +
		"0020: 74 2d 4c 65 6e 67 74 68 3a 20 31 39 0d 0a 0d 0a t-Length: 19....\n" +
		"=> Send data, 16 bytes (0x10)\n" +
		"0000: 6c 69 6e 65 0a 00 ff 2e 20 20 20 20 20 20 20 20 line.....       \n" +
		"=> Send data, 3 bytes (0x3)\n" +
		"0000: 61 62 63                                        abc\n" +
		"<= Recv header, 17 bytes (0x11)\n0000: 48 54 54 50 2f 31 2e 30 20 32 30 30 20 4f 4b 0d HTTP/1.0 200 OK.\n"
	in := read(t, text)
	assert.Equal(t, "line\n\x00\xff.        abc", string(in.Body))
	assert.False(t, in.doubtful)
	assert.Empty(t, in.broken)
}

// TestADoubtfulBodyIsNotBlamed: the dots of --trace-ascii are no reason to call the body altered.
func TestADoubtfulBodyIsNotBlamed(t *testing.T) {
	body := "a\tb"
	r := request{body: body, header: "X-Countersign-Content-Sha256: " + oracleHash(body) + "\n", signed: "x-countersign-content-sha256:" + oracleHash(body) + "\n"}
	in := read(t, r.wire(t, nil))
	in.Body, in.doubtful = []byte("a.b"), true
	report := Explain(in, Options{Secret: testSecret})
	assert.Equal(t, Match, report.Verdict, "%v", report.Problems)
	assert.True(t, report.Payload.Missing)
	in.doubtful = false
	require.Equal(t, Refused, Explain(in, Options{Secret: testSecret}).Verdict)
}
