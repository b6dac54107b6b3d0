// Command awssigner signs requests with Go's signers of AWS Signature Version 4, unmodified, and sends
// them with net/http. One JSON value a line on standard input, the configuration first; one answer a
// line on standard output. What is signed is told before it is sent, so that a test can foretell what
// a verifier will make of it. It is a module of its own so that no program of Countersign's depends
// on those signers.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// config chooses the signer and says for whom it signs.
type config struct {
	Signer  string `json:"signer"`
	URL     string `json:"url"`
	KeyID   string `json:"key_id"`
	Secret  string `json:"secret"`
	Region  string `json:"region"`
	Service string `json:"service"`
}

// command is one line of the input: one of its fields is set.
type command struct {
	Config *config  `json:"config"`
	Sign   *request `json:"sign"`
	Send   *int     `json:"send"` // the index of a request, in the order of signing
}

// reply is one line of the output.
type reply struct {
	Message *message `json:"message,omitempty"` // what was signed
	Answer  *answer  `json:"answer,omitempty"`  // what came back
	Error   string   `json:"error,omitempty"`   // the signer's, or the transport's
}

// signers are the functions that sign req for c. A presigned request's URL and headers take the
// place of the request's own.
var signers = map[string]func(c *config, r *request, req *http.Request) error{
	"aws-sdk-go-v2":           signSDK,
	"smithy-go/aws-http-auth": signHTTPAuth,
	"minio-go":                signMinIO,
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "awssigner:", err)
		os.Exit(1)
	}
}

func run(stdin io.Reader, stdout io.Writer) error {
	var p program
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(stdout)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		r, err := p.carryOut(c)
		if err != nil {
			r.Error = err.Error()
		}
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

// program is what lasts from line to line.
type program struct {
	config config
	signed []*http.Request // nil where the signer refused
}

func (p *program) carryOut(c command) (reply, error) {
	switch {
	case c.Config != nil:
		p.config = *c.Config
		if signers[p.config.Signer] == nil {
			return reply{}, fmt.Errorf("no signer is called %q", p.config.Signer)
		}
		return reply{}, nil
	case c.Sign != nil:
		req, err := c.Sign.sign(&p.config)
		p.signed = append(p.signed, req)
		if err != nil {
			return reply{}, err
		}
		return reply{Message: describe(req)}, nil
	case c.Send != nil && *c.Send < len(p.signed) && p.signed[*c.Send] != nil:
		a, err := send(p.signed[*c.Send])
		return reply{Answer: a}, err
	}
	return reply{}, errors.New("nothing to do: a line holds config, sign, or send with the index of a signed request")
}
