package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/countersign-dev/countersign/canonical"
)

// writeSignature writes the header lines that signing added.
func writeSignature(out io.Writer, req *http.Request, dialect canonical.Dialect) error {
	names := dialect.Names()
	var lines strings.Builder
	for _, name := range []string{names.Date, names.Nonce, names.ContentSHA256, "Authorization"} {
		fmt.Fprintf(&lines, "%s: %s\n", name, req.Header.Get(name))
	}
	_, err := io.WriteString(out, lines.String())
	return err
}

// writeHTTP writes the request as it goes over the wire.
func writeHTTP(out io.Writer, req *http.Request) error {
	if _, given := req.Header["User-Agent"]; !given {
		req.Header["User-Agent"] = []string{""} // which net/http leaves out
	}
	buffered := bufio.NewWriter(out)
	if err := req.Write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// maxArgument bounds, in bytes, a body that is written into a command: Linux takes 128 KiB.
const maxArgument = 100 << 10

// writeCurl writes a curl command that sends the request. data is what -d was given, body what it
// stands for.
func writeCurl(out io.Writer, req *http.Request, data string, body []byte) error {
	arguments := []string{"--globoff"}
	switch {
	case req.Method == http.MethodHead && len(body) > 0:
		return usagef("curl cannot send a HEAD request with a body: leave -d out, or use --output http")
	case req.Method == http.MethodHead:
		arguments = append(arguments, "--head")
	case req.Method != http.MethodGet || len(body) > 0:
		arguments = append(arguments, "--request "+shellQuote(req.Method))
	}
	if req.Host != req.URL.Host {
		arguments = append(arguments, "--header "+shellQuote("Host: "+req.Host))
	}
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		for _, value := range req.Header[name] {
			line := name + ": " + value
			if value == "" {
				line = name + ";" // which is how curl writes an empty one
			}
			arguments = append(arguments, "--header "+shellQuote(line))
		}
	}
	if len(body) > 0 {
		if len(req.Header["Content-Type"]) == 0 {
			// Else curl adds one of its own, which is not signed.
			arguments = append(arguments, "--header 'Content-Type:'")
		}
		argument, err := curlData(data, body)
		if err != nil {
			return err
		}
		arguments = append(arguments, argument)
	}
	address := req.URL.Scheme + "://" + req.URL.Host + req.URL.RequestURI()
	_, err := fmt.Fprintln(out, "curl "+strings.Join(append(arguments, shellQuote(address)), " \\\n  "))
	return err
}

// curlData writes the body for curl: from the same file, or literally.
func curlData(data string, body []byte) (string, error) {
	if strings.HasPrefix(data, "@") && data != "@-" {
		return "--data-binary " + shellQuote(data), nil
	}
	if len(body) > maxArgument || bytes.IndexByte(body, 0) >= 0 || !utf8.Valid(body) {
		return "", usagef("this body does not fit into a command: save it to a file, and give -d @FILE")
	}
	return "--data-raw " + shellQuote(string(body)), nil
}

// shellQuote quotes text for a POSIX shell.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
