package explain

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// readBody takes the body out of what follows the header, as a server would: by Content-Length or
// in chunks, and else there is none.
func (in *Input) readBody(rest []byte) {
	header := in.Message.Header
	encodings, lengths := header["Transfer-Encoding"], header["Content-Length"]
	switch {
	case len(encodings) > 0 && len(lengths) > 0:
		in.breaks(canonical.BadHeader, "Content-Length stands beside Transfer-Encoding")
	case len(encodings) > 0 && (len(encodings) > 1 || !strings.EqualFold(encodings[0], "chunked")):
		in.breaks(canonical.BadHeader, "Transfer-Encoding is not chunked")
	case len(encodings) > 0:
		in.readChunks(rest)
	case len(lengths) > 0:
		in.readLength(lengths[0], rest)
	default:
		in.BodyMissing = false
		if rest = bytes.TrimRight(rest, "\r\n"); len(rest) > 0 {
			in.unframed = rest
			in.notes = append(in.notes, fmt.Sprintf("%d bytes follow the header, but no Content-Length announces them: a server takes the body for empty", len(rest)))
		}
	}
}

func (in *Input) readLength(length string, rest []byte) {
	n, err := strconv.ParseUint(length, 10, 31)
	switch {
	case err != nil:
		in.breaks(canonical.BadHeader, "Content-Length is not a number of bytes")
	case n == 0:
		in.BodyMissing = false
	case in.BodyMissing:
	case len(rest) == 0:
		in.BodyMissing = true
	case uint64(len(rest)) < n:
		in.Body = rest
		in.breaks(canonical.BodyTruncated, fmt.Sprintf("Content-Length says %d bytes, and %d follow", n, len(rest)))
	default:
		in.Body = rest[:n]
		if more := len(bytes.TrimRight(rest[n:], "\r\n")); more > 0 {
			in.notes = append(in.notes, fmt.Sprintf("%d bytes follow the body that Content-Length announces; they are left out", more))
		}
	}
}

func (in *Input) readChunks(rest []byte) {
	if in.BodyMissing {
		return
	}
	if len(rest) == 0 {
		in.BodyMissing = true
		return
	}
	buffered := bufio.NewReader(bytes.NewReader(rest))
	body, err := io.ReadAll(httputil.NewChunkedReader(buffered))
	in.Body = body
	if err != nil {
		in.breaks(canonical.BodyTruncated, "the chunks of the body do not end as they should")
		return
	}
	if after, _ := io.ReadAll(buffered); len(bytes.TrimRight(after, "\r\n")) > 0 {
		in.breaks(canonical.Trailer, "a trailer follows the body")
	}
}
