package workload

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Answer is what tells answers apart: the status, and the code of a problem+json body, or "".
type Answer struct {
	Status int
	Code   string
}

// maxProblem bounds, in bytes, what is kept of a body that may be problem+json.
const maxProblem = 4 << 10

// readAnswer reads an answer to its end; keep says whether the connection may be used again.
func (c *connection) readAnswer() (answer Answer, keep bool, err error) {
	for {
		response, err := http.ReadResponse(c.reader, c.request)
		if err != nil {
			return Answer{}, false, err
		}
		if response.StatusCode >= 100 && response.StatusCode < 200 {
			if response.StatusCode == http.StatusSwitchingProtocols {
				return Answer{}, false, fmt.Errorf("malformed HTTP: %s was not asked for", response.Status)
			}
			continue // an interim answer
		}
		answer.Status = response.StatusCode
		if strings.HasPrefix(response.Header.Get("Content-Type"), "application/problem+json") {
			answer.Code = problemCode(io.LimitReader(response.Body, maxProblem))
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return Answer{}, false, err
		}
		return answer, !response.Close, response.Body.Close()
	}
}

// problemCode returns the code of a problem (RFC 9457) in the form of SPEC §11, or "".
func problemCode(body io.Reader) string {
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.NewDecoder(body).Decode(&problem)
	for i := range len(problem.Code) {
		// It is printed to a terminal: anything but a name is no code.
		if c := problem.Code[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' || i >= 64 {
			return ""
		}
	}
	return problem.Code
}
