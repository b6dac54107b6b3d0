// Command awssigner signs requests with aws-sdk-go-v2's Signature Version 4 signer, unmodified, and
// sends them: one JSON request a line on standard input, one JSON answer a line on standard output.
// It is a module of its own so that no program of Countersign's depends on the SDK.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// request is what to sign and send.
type request struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Header  http.Header `json:"header"`
	Body    string      `json:"body"`
	KeyID   string      `json:"key_id"`
	Secret  string      `json:"secret"`
	Region  string      `json:"region"`
	Service string      `json:"service"`
}

// answer is what came back.
type answer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Error  string `json:"error,omitempty"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "awssigner:", err)
		os.Exit(1)
	}
}

func run(stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(stdout)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		a, err := send(r)
		if err != nil {
			a.Error = err.Error()
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func send(r request) (answer, error) {
	req, err := http.NewRequest(r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		return answer{}, err
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	sum := sha256.Sum256([]byte(r.Body))
	credentials := aws.Credentials{AccessKeyID: r.KeyID, SecretAccessKey: r.Secret}
	err = v4.NewSigner().SignHTTP(context.Background(), credentials, req, hex.EncodeToString(sum[:]), r.Service, r.Region, time.Now())
	if err != nil {
		return answer{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Body: string(body)}, err
}
