package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestReadKeepsTheTargetAsSent(t *testing.T) {
	in, err := Read([]byte("GET /a%2fb/%41?b=%zz;&a+b HTTP/1.1\nHost: example.com\nX-A:  one \nx-a: two\n\n"))
	require.NoError(t, err)
	assert.Equal(t, "/a%2fb/%41?b=%zz;&a+b", in.Message.Target)
	assert.Equal(t, "example.com", in.Message.Host)
	assert.Equal(t, []string{"one", "two"}, in.Message.Header["X-A"])
	assert.NotContains(t, in.Message.Header, "Host")
}

func TestReadTakesTheBodyThatAServerWouldRead(t *testing.T) {
	tests := []struct {
		name, header, after string
		body                string
		missing             bool
		problem             canonical.Reason
		note                string
	}{
		{name: "none", header: "", after: ""},
		{name: "by length", header: "Content-Length: 4", after: "body", body: "body"},
		{name: "an editor's line end", header: "Content-Length: 4", after: "body\n", body: "body"},
		{name: "more than announced", header: "Content-Length: 4", after: "body and more", body: "body", note: "9 bytes follow the body"},
		{name: "not announced", header: "", after: "body\n", note: "no Content-Length announces"},
		{name: "announced and not there", header: "Content-Length: 4", after: "", missing: true},
		{name: "cut", header: "Content-Length: 4", after: "bo", body: "bo", problem: canonical.BodyTruncated},
		{name: "no number", header: "Content-Length: four", after: "body", problem: canonical.BadHeader},
		{name: "chunked", header: "Transfer-Encoding: chunked", after: "3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n", body: "body"},
		{name: "chunks cut", header: "Transfer-Encoding: chunked", after: "3\r\nbod\r\n", body: "bod", problem: canonical.BodyTruncated},
		{name: "trailer", header: "Transfer-Encoding: chunked", after: "1\r\nb\r\n0\r\nX-T: a\r\n\r\n", body: "b", problem: canonical.Trailer},
		{name: "two framings", header: "Content-Length: 4\r\nTransfer-Encoding: chunked", after: "body", problem: canonical.BadHeader},
		{name: "another coding", header: "Transfer-Encoding: gzip", after: "body", problem: canonical.BadHeader},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := "POST / HTTP/1.1\r\nHost: a\r\n"
			if test.header != "" {
				text += test.header + "\r\n"
			}
			in, err := Read([]byte(text + "\r\n" + test.after))
			require.NoError(t, err)
			assert.Equal(t, test.body, string(in.Body))
			assert.Equal(t, test.missing, in.BodyMissing)
			if test.problem == "" {
				assert.Empty(t, in.broken)
			} else if assert.Len(t, in.broken, 1) {
				assert.Equal(t, test.problem, in.broken[0].Reason)
			}
			if test.note == "" {
				assert.Empty(t, in.notes)
			} else if assert.Len(t, in.notes, 1) {
				assert.Contains(t, in.notes[0], test.note)
			}
		})
	}
}

func TestReadUnderstandsCurlsVerboseOutput(t *testing.T) {
	text := "*   Trying 127.0.0.1:8080...\n* Connected to 127.0.0.1\n* using HTTP/1.x\n" +
		"> POST /whoami?a=1 HTTP/1.1\r\n> Host: 127.0.0.1:8080\r\n* a remark\n> Content-Length: 4\r\n> \r\n" +
		"} [4 bytes data]\n< HTTP/1.1 200 OK\r\n< Content-Length: 2\r\n< \r\n{}"
	in, err := Read([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, "POST", in.Message.Method)
	assert.Equal(t, "/whoami?a=1", in.Message.Target)
	assert.Equal(t, "127.0.0.1:8080", in.Message.Host)
	assert.Equal(t, map[string][]string{"Content-Length": {"4"}}, in.Message.Header)
	assert.True(t, in.BodyMissing)
	in.SetBody([]byte("body"))
	assert.False(t, in.BodyMissing)

	in, err = Read([]byte(strings.Replace(text, "> Content-Length: 4\r\n", "", 1)))
	require.NoError(t, err)
	assert.False(t, in.BodyMissing)
}

func TestReadRefusesWhatIsNoRequest(t *testing.T) {
	for _, text := range []string{"", "\r\n\r\n", "GET /", "GET / HTTPS", "HTTP/1.1 200 OK\r\n\r\n", "< HTTP/1.1 200 OK\r\n", "hello"} {
		in, err := Read([]byte(text))
		assert.ErrorIs(t, err, ErrNoRequest, "%q", text)
		assert.Nil(t, in)
	}
}

func TestReadReportsHeadersThatServersRefuse(t *testing.T) {
	for text, detail := range map[string]string{
		"Host: a\r\nno colon\r\n":        "no colon",
		"Host: a\r\nX-A : 1\r\n":         "a space before its colon",
		" folded\r\nHost: a\r\n":         "begins with a space",
		"Host: a\r\nHost: b\r\n":         "Host may stand only once",
		"Host: a\r\nX-\x01: control\r\n": "not a token",
	} {
		in, err := Read([]byte("GET / HTTP/1.1\r\n" + text + "\r\n"))
		require.NoError(t, err)
		report := Explain(in, Options{})
		require.NotEmpty(t, report.Problems, text)
		assert.Equal(t, canonical.BadHeader, report.Problems[0].Reason)
		assert.Contains(t, report.Problems[0].Detail, detail)
	}
}

func TestReadJoinsFoldedLines(t *testing.T) {
	in, err := Read([]byte("GET / HTTP/1.1\r\nHost: a\r\nX-A: one\r\n  two\r\n\r\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"one two"}, in.Message.Header["X-A"])
	assert.Len(t, in.notes, 1)
}

func FuzzReadAndExplain(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\nHost: a\n\n"))
	f.Add([]byte("> POST / HTTP/1.1\n> Transfer-Encoding: chunked\n>\n"))
	f.Add([]byte(asciiTrace))
	f.Add([]byte("=> Send header, 16 bytes (0x10)\n0000: 50 4f 53 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d POST / HTTP/1.1.\n"))
	f.Add([]byte(`level=DEBUG record="{\"countersign_record\":1,\"reason\":\"signature_mismatch\",\"method\":\"GET\",\"target\":\"/\",\"host\":\"a\"}"`))
	f.Add([]byte(`{"countersign_record":1,"reason":"bad_path","withheld":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := Read(text)
		if err != nil {
			if in != nil {
				t.Fatal("a result beside an error")
			}
			return
		}
		report := Explain(in, Options{Secret: "secret"})
		if report.Verdict == Match {
			t.Fatal("matched a secret that nobody signs with")
		}
		if report.Verdict == Refused && len(report.Problems) == 0 {
			t.Fatal("refused without a reason")
		}
	})
}
