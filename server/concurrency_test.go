package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const copies = 32

// outcome counts the answers to copies of one request.
type outcome struct{ accepted, replayed atomic.Int64 }

// count files one answer.
func (o *outcome) count(answer *http.Response, err error) error {
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNoContent:
		o.accepted.Add(1)
	case answer.StatusCode == 401 && bytes.Contains(body, []byte("replayed_request")):
		o.replayed.Add(1)
	default:
		return fmt.Errorf("%d %s", answer.StatusCode, body)
	}
	return nil
}

// requireOnce sends each of so many requests through all senders at once, and expects one copy of
// each to be accepted.
func requireOnce(t *testing.T, u *setup, nonces int, send func(sender int, s signing, lines []string) (*http.Response, error)) {
	t.Helper()
	var counts outcome
	for i := range nonces {
		s := newPost("hello")
		if i%2 == 0 {
			s.hash = ""
		}
		lines := s.lines()
		start := make(chan struct{})
		var group sync.WaitGroup
		for sender := range copies {
			group.Go(func() {
				<-start
				if err := counts.count(send(sender, s, lines)); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		group.Wait()
	}
	require.EqualValues(t, nonces, counts.accepted.Load())
	require.EqualValues(t, nonces*(copies-1), counts.replayed.Load())
	require.EqualValues(t, nonces, u.upstream.Load())
	require.EqualValues(t, nonces, u.store.granted.Load())
}

func TestOneNonceIsAcceptedOnce(t *testing.T) {
	u := newSetup(t, func(u *setup) { u.policy.Observe = nil })
	api := httptest.NewServer(u.Handler(u.application()))
	defer api.Close()
	var connections [copies]net.Conn
	var readers [copies]*bufio.Reader
	for i := range connections {
		var err error
		connections[i], err = net.Dial("tcp", api.Listener.Addr().String())
		require.NoError(t, err)
		require.NoError(t, connections[i].SetDeadline(time.Now().Add(2*time.Minute)))
		defer func() { _ = connections[i].Close() }()
		readers[i] = bufio.NewReader(connections[i])
	}
	requireOnce(t, u, 500, func(sender int, s signing, lines []string) (*http.Response, error) {
		if _, err := connections[sender].Write(s.rawWith(lines[:len(lines):len(lines)])); err != nil {
			return nil, err
		}
		return http.ReadResponse(readers[sender], nil)
	})
}

func TestOneNonceIsAcceptedOnceOverHTTP2(t *testing.T) {
	nonces := 500
	if raceEnabled {
		nonces = 100
	}
	u := newSetup(t, func(u *setup) { u.policy.Observe = nil })
	api := httptest.NewUnstartedServer(u.Handler(u.application()))
	api.EnableHTTP2 = true
	api.StartTLS()
	defer api.Close()
	requireOnce(t, u, nonces, func(_ int, s signing, lines []string) (*http.Response, error) {
		req, err := s.outgoing(api.URL, lines)
		if err != nil {
			return nil, err
		}
		answer, err := api.Client().Do(req)
		if err == nil && answer.ProtoMajor != 2 {
			return nil, fmt.Errorf("the answer came over %s", answer.Proto)
		}
		return answer, err
	})
}

// outgoing returns the request that lines are of, for a net/http client that connects to a server's
// address.
func (s signing) outgoing(serverURL string, lines []string) (*http.Request, error) {
	target := strings.Fields(lines[0])[1]
	req, err := http.NewRequest(s.method, serverURL+target, strings.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	req.Host = s.host
	req.Header.Del("Host")
	return req, nil
}
