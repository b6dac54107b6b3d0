package explain

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// differenceText returns what is written of the difference between the client's canonical request and
// that of the worked example.
func differenceText(t *testing.T, client string) (*Difference, string) {
	t.Helper()
	report := Explain(exampleInput(t), Options{Client: client, Secret: specExample(t, "secret")})
	require.NotNil(t, report.Difference)
	var out bytes.Buffer
	require.NoError(t, report.WriteText(&out, false))
	_, text, found := strings.Cut(out.String(), "\nDifference between")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n\nVerdict")
	return report.Difference, text
}

// TestDifferenceNamesTheLineAndThePlace of everything that a signer may do otherwise.
func TestDifferenceNamesTheLineAndThePlace(t *testing.T) {
	right := specExample(t, "canonical-request")
	tests := []struct {
		name, old, new string
		count          int
		text           string
	}{
		{"query", "blue%20sky", "blue+sky", 1, `
  line 3, canonical query string
    client    limit=10&tag=blue+sky&tag=new
    verifier  limit=10&tag=blue%20sky&tag=new
                               ^
`},
		{"method", "POST", "PoST", 1, `
  line 1, method
    client    PoST
    verifier  POST
               ^
`},
		{"what cannot be seen", "x-label:a b,c", "x-label:a  b,c\t\r\u00a0", 1, `
  line 9, header x-label
    client    x-label:a··b,c\x09\x0d\xc2\xa0
    verifier  x-label:a·b,c
                        ^
`},
		{"a header more", "host:", "accept:*/*\nhost:", 1, `
  line 5, header accept of the client text: the verifier lacks it
    client    accept:*/*
`},
		{"a header less", "x-label:a b,c\n", "", 1, `
  line 9, header x-label: the client text lacks it
    verifier  x-label:a·b,c
`},
		{"no empty line", "b,c\n\n", "b,c\n", 1, `
  line 10, the empty line behind the headers: the client text lacks it
    verifier  
`},
		{"another order", "content-type:application/json\nhost:api.example.com\n", "host:api.example.com\ncontent-type:application/json\n", 2, `
  line 4, header host of the client text: the verifier lacks it
    client    host:api.example.com
  line 5, header host: the client text lacks it
    verifier  host:api.example.com
`},
		{"shifted", "host:api.example.com", "accept:*/*\nhost:api", 2, `
  line 5 (client 6), header host
    client    host:api
    verifier  host:api.example.com
                      ^
`},
		{"end", "d3e628610045", "d3e628610045\n", 1, `
  line 13, behind the payload hash of the client text: the verifier lacks it
    client    
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := strings.LastIndex(right, test.old) // the hash stands twice
			require.GreaterOrEqual(t, at, 0)
			d, text := differenceText(t, right[:at]+test.new+right[at+len(test.old):])
			assert.Len(t, d.Lines, test.count)
			assert.False(t, d.Derived)
			assert.Contains(t, text, test.text)
			assert.Contains(t, text, "the signature was not made over the client's canonical request with this secret")
		})
	}
}

func TestDifferenceOfTheSameTextSaysWhoSignedIt(t *testing.T) {
	right := specExample(t, "canonical-request")
	d, text := differenceText(t, right)
	assert.Empty(t, d.Lines)
	assert.Equal(t, 12, d.Equal)
	assert.Contains(t, text, "the signature was made over the client's canonical request, with this secret")

	report := Explain(exampleInput(t), Options{Client: right, Secret: "another secret"})
	assert.False(t, *report.Difference.Signed)
	report = Explain(exampleInput(t), Options{Client: right})
	assert.Nil(t, report.Difference.Signed, "nothing is known without a secret")
}

// TestDifferenceFindsTheTextThatWasSigned although the server sees another: a proxy's doing.
func TestDifferenceFindsTheTextThatWasSigned(t *testing.T) {
	in := exampleInput(t)
	in.Message.Host = "upstream:9000"
	report := Explain(in, Options{Client: specExample(t, "canonical-request"), Secret: specExample(t, "secret")})
	assert.Equal(t, Mismatch, report.Verdict)
	require.Len(t, report.Difference.Lines, 1)
	assert.Equal(t, "header host", report.Difference.Lines[0].Label)
	assert.Equal(t, len("host:"), report.Difference.Lines[0].At)
	assert.True(t, *report.Difference.Signed)
}

func TestDifferenceTakesTheNearestForm(t *testing.T) {
	in := read(t, request{target: "/a=b?b=1&a=2", path: "/a%3Db", query: "a=2&b=1"}.wire(t, nil))
	client := strings.Replace(Explain(in, Options{}).Forms[2].CanonicalRequest, "POST", "GET", 1)
	d := Explain(in, Options{Client: client}).Difference
	assert.Equal(t, "as-sent", d.Form)
	require.Len(t, d.Lines, 1)
	assert.Equal(t, "method", d.Lines[0].Label)
}

func TestDifferenceShowsAWindowOfALongLine(t *testing.T) {
	long := strings.Repeat("a", 500)
	_, text := differenceText(t, strings.Replace(specExample(t, "canonical-request"), "limit=10", "limit=10&m="+long, 1))
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, len(line), 200)
	}
	assert.Contains(t, text, "…")
}

// TestDifferenceComparesWhatComesAfter the canonical request where that does not differ.
func TestDifferenceComparesWhatComesAfter(t *testing.T) {
	report := Explain(read(t, request{}.wire(t, func(o *oracle) { o.region = "us-east-1" })), Options{Secret: testSecret})
	require.NotNil(t, report.Difference)
	assert.Equal(t, "string to sign", report.Difference.Text)
	require.Len(t, report.Difference.Lines, 1)
	assert.Equal(t, "credential scope", report.Difference.Lines[0].Label)

	report = Explain(read(t, request{}.wire(t, secret(testSecret+"\n"))), Options{Secret: testSecret})
	assert.Empty(t, report.Difference.Lines)
	var out bytes.Buffer
	require.NoError(t, report.WriteText(&out, false))
	assert.Contains(t, out.String(), "none: the signing key is another")
}

// TestColoursChangeNothingButColours, and stand where the difference is.
func TestColoursChangeNothingButColours(t *testing.T) {
	report := Explain(read(t, request{}.wire(t, host("api.example.com:8443"))), Options{Secret: testSecret})
	var plain, coloured bytes.Buffer
	require.NoError(t, report.WriteText(&plain, false))
	require.NoError(t, report.WriteText(&coloured, true))
	assert.NotContains(t, plain.String(), "\x1b")
	assert.Contains(t, coloured.String(), "host:\x1b[31ma\x1b[0mpi.example.com")
	assert.Contains(t, coloured.String(), "host:\x1b[32mA\x1b[0mpi.example.com")
	stripped := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(coloured.String(), "")
	assert.Equal(t, plain.String(), stripped)
}

func FuzzReadClientAndCompare(f *testing.F) {
	f.Add("GET\n/\n\nhost:a\n\nhost\nUNSIGNED-PAYLOAD")
	f.Add("* Canonical request (enclosed in []) - [GET\n/\n\nhost]\n")
	f.Add("---[ CANONICAL STRING  ]---\nGET\n/")
	f.Fuzz(func(t *testing.T, text string) {
		client, err := ReadClient([]byte(text))
		if (client == "") == (err == nil) {
			t.Fatal("a result beside an error, or neither")
		}
		if err != nil {
			return
		}
		report := Explain(read(t, queried.wire(t, nil)), Options{Client: client, Secret: testSecret})
		d := report.Difference
		if len(d.Lines) == 0 != (client == report.Forms[0].CanonicalRequest) {
			t.Fatalf("%q differs in %d lines", client, len(d.Lines))
		}
		if *d.Signed != (len(d.Lines) == 0) {
			t.Fatal("signed without being equal, or the other way round")
		}
		var out bytes.Buffer
		if err := report.WriteText(&out, false); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\r") {
			t.Fatal("what a terminal would act on")
		}
	})
}
