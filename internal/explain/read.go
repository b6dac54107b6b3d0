package explain

import (
	"bytes"
	"errors"
	"net/textproto"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// Input is a request as it went over the wire, taken apart.
type Input struct {
	Message canonical.Message
	Body    []byte
	// BodyMissing says that the request announces a body which the text does not hold, as the
	// output of curl -v never does.
	BodyMissing bool

	record   *server.Record // that the request is read from, or nil
	doubtful bool           // bytes of the body may be others
	unframed []byte         // what follows the header without being announced
	broken   []Problem
	notes    []string
}

// ErrNoRequest is the answer to a text that holds no HTTP request.
var ErrNoRequest = errors.New("no HTTP request found: it must begin with a line such as GET /whoami HTTP/1.1, or hold what curl -v or --trace prints, or a verifier's record (log: {level: debug, record: true})")

// Read takes a request apart: a raw one, whose lines may end in CR LF or LF, the output of curl -v
// (where the lines that begin with "> " are the request, which then has no body) or of curl --trace
// and --trace-ascii, or a log with a verifier's records, of which the last one is taken.
//
// The request-target and header values are kept byte for byte. What net/http would refuse or change
// before a handler sees it becomes a problem or a note of the report.
func Read(text []byte) (*Input, error) { return ReadFrom(text, "") }

// ReadFrom is Read, but takes the record of a request id, if one is given.
func ReadFrom(text []byte, requestID string) (*Input, error) {
	if in, found, err := readRecord(text, requestID); found {
		return in, err
	}
	in := new(Input)
	if traced, ok := tracedRequest(text); ok {
		text, in.doubtful = traced.sent, traced.doubtful
		in.notes = append(in.notes, "read from a trace of curl")
	} else if sent, ok := sentLines(text); ok {
		text, in.BodyMissing = sent, true
		in.notes = append(in.notes, "read from the output of curl -v")
	}
	text = bytes.TrimLeft(text, "\r\n")
	line, rest := cutLine(text)
	method, after, ok1 := strings.Cut(line, " ")
	space := strings.LastIndexByte(after, ' ')
	if !ok1 || space < 0 || !strings.HasPrefix(after[space+1:], "HTTP/") {
		return nil, ErrNoRequest
	}
	in.Message = canonical.Message{Method: method, Target: after[:space], Header: map[string][]string{}}
	rest = in.readHeader(rest)
	in.takeHost()
	in.readBody(rest)
	if in.doubtful && len(in.Body) > 0 {
		in.notes = append(in.notes, "curl --trace-ascii writes a . for each byte that is not printable: if the body holds such bytes, give it with -d @FILE, or use --trace")
	}
	return in, nil
}

// Recorded reports whether the request is read from a verifier's record.
func (in *Input) Recorded() bool { return in.record != nil }

// cutLine returns the first line of text, without its end, and what follows it.
func cutLine(text []byte) (line string, rest []byte) {
	before, rest, _ := bytes.Cut(text, []byte("\n"))
	return strings.TrimSuffix(string(before), "\r"), rest
}

// readHeader reads the header lines up to the empty one, and returns what follows it.
func (in *Input) readHeader(text []byte) []byte {
	last := ""
	for len(text) > 0 {
		var line string
		line, text = cutLine(text)
		if line == "" {
			return text
		}
		if line[0] == ' ' || line[0] == '\t' {
			in.unfold(last, line)
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			in.breaks(canonical.BadHeader, "a header line has no colon")
			continue
		}
		if strings.TrimRight(name, " \t") != name {
			in.breaks(canonical.BadHeader, "a header name has a space before its colon")
		}
		last = textproto.CanonicalMIMEHeaderKey(name)
		in.Message.Header[last] = append(in.Message.Header[last], strings.Trim(value, " \t"))
	}
	return nil
}

// unfold joins a continuation line to the header that it continues, as net/http does.
func (in *Input) unfold(name, line string) {
	values := in.Message.Header[name]
	if len(values) == 0 {
		in.breaks(canonical.BadHeader, "the first header line begins with a space")
		return
	}
	values[len(values)-1] += " " + strings.Trim(line, " \t")
	in.notes = append(in.notes, "the value of "+name+" is folded over several lines, which many servers refuse; it is joined here as net/http joins it")
}

// takeHost moves the Host line to where a server keeps it. Several are left for the parser to refuse.
func (in *Input) takeHost() {
	hosts := in.Message.Header["Host"]
	if len(hosts) == 0 {
		return
	}
	in.Message.Host = hosts[0]
	if len(hosts) == 1 {
		delete(in.Message.Header, "Host")
	}
}

func (in *Input) breaks(reason canonical.Reason, detail string) {
	in.broken = append(in.broken, problem(reason, detail))
}

// SetBody puts a body in the place of the one that was read, for requests that were captured
// without theirs.
func (in *Input) SetBody(body []byte) {
	in.Body, in.BodyMissing, in.doubtful, in.unframed = body, false, false, nil
}
