package explain

import (
	"bytes"
	"strings"
)

// sentLines finds the request in the output of curl -v: the lines from "> METHOD target HTTP/…" to
// a lone ">", without their mark. Only the first request is taken.
func sentLines(text []byte) ([]byte, bool) {
	var sent bytes.Buffer
	for len(text) > 0 {
		var line string
		line, text = cutLine(text)
		marked, isSent := strings.CutPrefix(line, ">")
		marked = strings.TrimPrefix(marked, " ")
		switch {
		case sent.Len() == 0 && !(isSent && isRequestLine(marked)):
			if isRequestLine(line) {
				return nil, false
			}
		case !isSent && strings.HasPrefix(line, "* "):
			// curl's own remarks may stand between the lines.
		case !isSent || marked == "":
			sent.WriteString("\n")
			return sent.Bytes(), true
		default:
			sent.WriteString(marked + "\n")
		}
	}
	return sent.Bytes(), sent.Len() > 0
}

func isRequestLine(line string) bool {
	method, after, found := strings.Cut(line, " ")
	space := strings.LastIndexByte(after, ' ')
	return found && method != "" && strings.Trim(method, letters) == "" && space > 0 &&
		strings.HasPrefix(after[space+1:], "HTTP/")
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
