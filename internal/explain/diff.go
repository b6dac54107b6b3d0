package explain

import (
	"encoding/hex"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// Difference is between two texts, line by line: what the client signed, and what the verifier sees.
type Difference struct {
	// Derived says that the client's text is not the one given, but what Changes say it was.
	Derived bool `json:"derived"`
	// Text is what is compared: "canonical request" or "string to sign". The string to sign is
	// compared where the canonical request does not differ.
	Text string `json:"text"`
	// Form is the one whose canonical request is compared.
	Form  string           `json:"form"`
	Lines []LineDifference `json:"lines"` // those that differ
	Equal int              `json:"equal"` // how many do not
	// Signed tells, of a text that was given, whether the signature was made over it with the
	// secret; nil where no secret is known.
	Signed *bool `json:"signed,omitempty"`
}

// LineDifference is a line that differs, or that one side lacks.
type LineDifference struct {
	Label string `json:"label"` // "canonical query string", "header host"
	// Client and Verifier are the texts; nil where that side lacks the line. ClientLine and
	// VerifierLine count from 1, and are 0 then.
	Client       *string `json:"client"`
	Verifier     *string `json:"verifier"`
	ClientLine   int     `json:"client_line"`
	VerifierLine int     `json:"verifier_line"`
	// At is where the first difference is, in bytes, if both sides have the line.
	At int `json:"at"`
}

// labelled is a line of a text with what it stands for, which is how lines of two texts are matched.
type labelled struct {
	number      int
	label, text string
}

// labelCanonical names the lines of a canonical request, which may be malformed.
func labelCanonical(text string) []labelled {
	var list []labelled
	section := 0 // method, path, query, headers, signed headers, payload hash, beyond
	names := []string{"method", "canonical path", "canonical query string", "", "signed headers", "payload hash", "behind the payload hash"}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		label := names[section]
		if section == 3 {
			name, _, colon := strings.Cut(line, ":")
			switch {
			case line == "":
				label = "the empty line behind the headers"
				section++
			case colon:
				label = "header " + name
			case i == len(lines)-1: // the empty line was forgotten
				label = names[5]
			default:
				label = names[4]
			}
		} else if section < len(names)-1 {
			section++
		}
		list = append(list, labelled{i + 1, label, line})
	}
	return list
}

// labelToSign names the lines of a string to sign.
func labelToSign(text string) []labelled {
	names := []string{"algorithm", "date", "credential scope", "hash of the canonical request"}
	var list []labelled
	for i, line := range strings.Split(text, "\n") {
		label := "behind the hash"
		if i < len(names) {
			label = names[i]
		}
		list = append(list, labelled{i + 1, label, line})
	}
	return list
}

// compare matches the lines of two texts by their labels, in order, and returns those that differ.
func compare(client, verifier []labelled) (lines []LineDifference, equal int) {
	// common[i][j] is how many labels client[i:] and verifier[j:] have in common, in order.
	common := make([][]int, len(client)+1)
	for i := range common {
		common[i] = make([]int, len(verifier)+1)
	}
	for i := len(client) - 1; i >= 0; i-- {
		for j := len(verifier) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if client[i].label == verifier[j].label {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	for i, j := 0, 0; i < len(client) || j < len(verifier); {
		switch {
		case i < len(client) && j < len(verifier) && client[i].label == verifier[j].label:
			if client[i].text == verifier[j].text {
				equal++
			} else {
				lines = append(lines, lineDifference(&client[i], &verifier[j]))
			}
			i++
			j++
		case j == len(verifier) || i < len(client) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, lineDifference(&client[i], nil))
			i++
		default:
			lines = append(lines, lineDifference(nil, &verifier[j]))
			j++
		}
	}
	return lines, equal
}

func lineDifference(client, verifier *labelled) LineDifference {
	var d LineDifference
	if client != nil {
		d.Label, d.Client, d.ClientLine = client.label, &client.text, client.number
	}
	if verifier != nil {
		d.Label, d.Verifier, d.VerifierLine = verifier.label, &verifier.text, verifier.number
	}
	if client != nil && verifier != nil {
		for d.At < min(len(client.text), len(verifier.text)) && client.text[d.At] == verifier.text[d.At] {
			d.At++
		}
	}
	return d
}

// maxClientLines bounds the canonical request of a client that is compared: SignedHeaders may name
// 64 headers.
const maxClientLines = 1 << 10

// compareClient compares the canonical request that the client printed with the form that is nearest
// to it, and checks whether the signature covers it.
func (report *Report) compareClient(c *circumstances) {
	client := c.options.Client
	if client == "" {
		return
	}
	d := &Difference{Text: "canonical request"}
	for _, form := range report.Forms {
		lines, equal := compare(labelCanonical(client), labelCanonical(form.CanonicalRequest))
		if d.Form == "" || len(lines) < len(d.Lines) {
			d.Form, d.Lines, d.Equal = form.Name, lines, equal
		}
	}
	if c.options.Secret != "" {
		toSign := c.request.AppendStringToSign(nil, []byte(client))
		sum := canonical.NewSecret(c.options.Secret).SigningKey(c.request.Dialect, c.request.Scope).Sum(toSign)
		signed := c.matches(hex.EncodeToString(sum[:]))
		d.Signed = &signed
	}
	report.Difference = d
}

// difference compares what the signer signed, by what was found, with what the verifier sees.
func (f *finding) difference(c *circumstances) *Difference {
	seen := formOf(c.request, f.form, c.payload.used())
	d := &Difference{Derived: true, Text: "canonical request", Form: seen.Name}
	d.Lines, d.Equal = compare(labelCanonical(f.signed.canonicalRequest()), labelCanonical(seen.CanonicalRequest))
	if len(d.Lines) == 0 {
		d.Text = "string to sign"
		d.Lines, d.Equal = compare(labelToSign(f.signed.stringToSign()), labelToSign(seen.StringToSign))
	}
	return d
}
