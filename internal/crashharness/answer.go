package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// answer is what a service says to a request.
type answer struct {
	status int
	code   string // of a refusal
	// dated: it carries authenticated time, which a 503 does only where the store has a floor.
	dated bool
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.code) }

// temporary reports whether the request would have been accepted, had it been signed later.
func (a answer) temporary() bool {
	return a.status == http.StatusServiceUnavailable || a.belowFloor()
}

// belowFloor reports whether the store could not vouch for the request, because of its time.
func (a answer) belowFloor() bool {
	return a.dated && (a.status == http.StatusServiceUnavailable || a.code == "clock_skew")
}

// connection is kept alive between requests.
type connection struct {
	net.Conn
	answers *bufio.Reader
}

func dial(address string) (*connection, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, answers: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// send writes requests, one or more, which are answered in their order.
func (c *connection) send(text []byte) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.Write(text)
	return err
}

// receive reads the next answer.
func (c *connection) receive() (answer, error) {
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, dated: resp.Header.Get("X-Countersign-Server-Time") != ""}
	if _, rest, found := bytes.Cut(body, []byte(`"code":"`)); found {
		code, _, _ := bytes.Cut(rest, []byte(`"`))
		a.code = string(code)
	}
	return a, nil
}
