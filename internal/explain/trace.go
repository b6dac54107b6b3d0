package explain

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

var (
	// traceSection begins a piece of curl --trace or --trace-ascii, after the time and the ids that
	// --trace-time and --trace-ids put before it: "=> Send header, 435 bytes (0x1b3)".
	traceSection = regexp.MustCompile(`^(?:\S+ )*?(=>|<=|==) (Send header|Send data|[A-Z]\w*)[^,:]*[,:](?: (\d+) bytes)?`)
	// traceRow is an offset in hex and what stands there.
	traceRow = regexp.MustCompile(`^([0-9a-f]{4,}):(?: (.*))?$`)
	// traceHex is the hex part of a row of --trace: 16 bytes, or blanks for those that are lacking.
	traceHex = regexp.MustCompile(`^(?:[0-9a-f]{2} )+`)
)

// trace is the first request that curl wrote into a trace.
type trace struct {
	sent []byte
	// doubtful: a "." in the body may stand for another byte.
	doubtful bool
}

// tracedRequest finds the request in the output of curl --trace or --trace-ascii. Only the first one
// is taken.
func tracedRequest(text []byte) (*trace, bool) {
	t := &trace{}
	var part *tracePart
	began := false
	end := func() {
		if part != nil {
			t.sent = append(t.sent, part.bytes()...)
			t.doubtful = t.doubtful || part.doubtful()
		}
		part = nil
	}
	for len(text) > 0 {
		var line string
		line, text = cutLine(text)
		if row := traceRow.FindStringSubmatch(line); row != nil {
			if part != nil {
				part.add(row[1], row[2])
			}
			continue
		}
		section := traceSection.FindStringSubmatch(line)
		if section == nil {
			continue
		}
		end()
		isHeader := section[2] == "Send header"
		if began && isHeader {
			break
		}
		if section[1] == "=>" && (isHeader || began && section[2] == "Send data") {
			size, _ := strconv.Atoi(section[3])
			part = &tracePart{data: !isHeader, size: size}
			began = true
		}
	}
	end()
	return t, began
}

// tracePart is a piece of a trace, in rows.
type tracePart struct {
	data    bool
	size    int // as announced
	offsets []int
	rows    []string
}

func (p *tracePart) add(offset, row string) {
	at, err := strconv.ParseInt(offset, 16, 32)
	if err != nil {
		return
	}
	p.offsets, p.rows = append(p.offsets, int(at)), append(p.rows, row)
}

// hex reports whether the rows are those of --trace, whose first one has 16 bytes in hex unless the
// piece is shorter.
func (p *tracePart) hex() bool {
	if len(p.rows) == 0 || p.size == 0 {
		return false
	}
	// What is printable, behind it, may look like more of it.
	return len(traceHex.FindString(p.rows[0]))/len("00 ") >= min(p.size, 16)
}

func (p *tracePart) doubtful() bool {
	return p.data && !p.hex() && strings.Contains(strings.Join(p.rows, ""), ".")
}

// bytes puts the rows together. In --trace-ascii a row that ends two bytes before the next one ended
// in CR LF.
func (p *tracePart) bytes() (text []byte) {
	hexRows := p.hex()
	for i, row := range p.rows {
		if hexRows {
			row = row[:min(len(row), 16*3)]
			plain, err := hex.DecodeString(strings.ReplaceAll(row, " ", ""))
			if err != nil {
				return text
			}
			text = append(text, plain...)
			continue
		}
		next := p.size
		if i+1 < len(p.offsets) {
			next = p.offsets[i+1]
		}
		text = append(text, row...)
		if next == p.offsets[i]+len(row)+len("\r\n") {
			text = append(text, "\r\n"...)
		}
	}
	return text
}
