package differential

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// workarounds are the settings of the SDK's signer that a user would need.
type workarounds struct {
	opaquePath bool // URL.Opaque: the path as sent, not as net/url writes it
	pathAsSent bool // DisableURIPathEscaping
	noHoisting bool // DisableHeaderHoisting
}

// rule says where the SDK, by itself, signs something else than the specification.
type rule struct {
	name, why string
	// applies reports whether the rule holds of a request.
	applies func(r *received, header http.Header) bool
	// maybe: the SDK knows exceptions, and may sign the same.
	maybe bool
	// mend sets what makes the SDK sign the same.
	mend func(w *workarounds)
	// mask, where there is nothing to set, takes what differs, and nothing else, out of what both sign.
	mask func(r *received, ours, theirs *text)
}

// predictions is the list; a request to which none applies must be signed the same.
var predictions = []rule{
	{
		name: "path rewritten",
		why:  "the SDK signs the path as net/url writes it, which escapes some bytes that were sent raw; SPEC §4.2 encodes the path as sent",
		applies: func(r *received, _ http.Header) bool {
			return r.URL.EscapedPath() != r.parsed.Path()
		},
		mend: func(w *workarounds) { w.opaquePath = true },
	},
	{
		name:    "path as sent",
		why:     "older curls sign the path as sent, which SPEC §4.6 admits; the SDK encodes it unless told otherwise",
		applies: func(r *received, _ http.Header) bool { return r.form != canonical.RuleForm && r.pathEncodes() },
		mend:    func(w *workarounds) { w.pathAsSent = true },
	},
	{
		name: "query as sent",
		why:  "older curls sign the query as sent, which SPEC §4.6 admits; the SDK knows the rule alone",
		applies: func(r *received, _ http.Header) bool {
			return r.form == canonical.AsSentForm
		},
		mask: func(r *received, ours, _ *text) { ours.query = readText(r.text(canonical.RuleForm)).query },
	},
	{
		name: "header that the SDK never signs",
		why:  "the SDK leaves User-Agent and X-Amzn-Trace-Id out; SPEC §3.5 lets a signer name them",
		applies: func(r *received, _ http.Header) bool {
			return r.parsed.Signs("User-Agent") || r.parsed.Signs("X-Amzn-Trace-Id")
		},
		mask: func(_ *received, ours, theirs *text) { without(ours, theirs, "user-agent", "x-amzn-trace-id") },
	},
	{
		name: "content length",
		why:  "the SDK signs the length as a number, and none if it is 0; SPEC §4.4 signs the value as sent",
		applies: func(r *received, header http.Header) bool {
			length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
			return r.parsed.Signs("Content-Length") && (err != nil || length == 0 || strconv.FormatInt(length, 10) != header.Get("Content-Length"))
		},
		mask: func(_ *received, ours, theirs *text) { without(ours, theirs, "content-length") },
	},
	{
		name: "Unicode space around a value",
		why:  "the SDK trims every space that Unicode knows; SPEC §4.4 trims spaces and tabs",
		applies: func(r *received, header http.Header) bool {
			for name, values := range header {
				for _, value := range values {
					if r.parsed.Signs(name) && strings.TrimSpace(value) != strings.Trim(value, " \t") {
						return true
					}
				}
			}
			return false
		},
		mask: func(_ *received, ours, theirs *text) {
			for _, text := range []*text{ours, theirs} {
				for i := range text.lines {
					values := strings.Split(text.lines[i][1], ",")
					for j := range values {
						values[j] = strings.TrimSpace(values[j])
					}
					text.lines[i][1] = strings.Join(values, ",")
				}
			}
		},
	},
	{
		name:  "header hoisted into the query",
		why:   "when it presigns, the SDK moves most X-Amz- headers into the query unless told otherwise; SPEC §5.2 signs headers as headers",
		maybe: true,
		applies: func(r *received, header http.Header) bool {
			for name := range header {
				if r.parsed.Mode == canonical.PresignedMode && strings.HasPrefix(name, "X-Amz-") && r.parsed.Signs(name) {
					return true
				}
			}
			return false
		},
		mend: func(w *workarounds) { w.noHoisting = true },
	},
}

// text is a canonical request taken apart.
type text struct {
	method, path, query string
	lines               [][2]string // name and value of each signed header
	signed              []string
	payloadHash         string
}

func readText(canonicalRequest string) *text {
	end := strings.LastIndex(canonicalRequest, "\n\n") // no header value holds a line end
	lines := strings.SplitN(canonicalRequest[:end], "\n", 4)
	t := &text{method: lines[0], path: lines[1], query: lines[2]}
	for _, line := range strings.Split(lines[3], "\n") {
		name, value, _ := strings.Cut(line, ":")
		t.lines = append(t.lines, [2]string{name, value})
	}
	signed, hash, _ := strings.Cut(canonicalRequest[end+2:], "\n")
	t.signed, t.payloadHash = strings.Split(signed, ";"), hash
	return t
}

// without takes headers out of both texts, and with them the parameter that lists the names.
func without(ours, theirs *text, names ...string) {
	for _, t := range []*text{ours, theirs} {
		t.lines = slices.DeleteFunc(t.lines, func(line [2]string) bool { return slices.Contains(names, line[0]) })
		t.signed = slices.DeleteFunc(t.signed, func(name string) bool { return slices.Contains(names, name) })
		t.withoutPairs("X-Amz-SignedHeaders=")
	}
}

func (t *text) withoutPairs(prefix string) {
	t.query = strings.Join(slices.DeleteFunc(strings.Split(t.query, "&"), func(pair string) bool { return strings.HasPrefix(pair, prefix) }), "&")
}

// pathEncodes reports whether the path, encoded, is another text.
func (r *received) pathEncodes() bool {
	for _, segment := range strings.Split(r.parsed.Path(), "/") {
		if strings.ReplaceAll(url.QueryEscape(segment), "+", "%20") != segment {
			return true
		}
	}
	return false
}
