package server_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneNonceIsAcceptedOnce sends each of 500 nonces 32 times at once, through a real server.
func TestOneNonceIsAcceptedOnce(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			const copies, atOnce = 32, 4
			nonces := 500
			if raceEnabled && protocol == "HTTP/2.0" {
				nonces = 100
			}
			u := newSetup(t, func(u *setup) { u.policy.Observe = nil })
			server := httptest.NewUnstartedServer(u.Handler(u.application()))
			if server.EnableHTTP2 = protocol == "HTTP/2.0"; server.EnableHTTP2 {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			client := server.Client()
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = copies * atOnce

			var accepted, replayed atomic.Int64
			send := func(s signing) {
				req, err := s.outgoing(server.URL)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				switch {
				case answer.Proto != protocol:
					t.Error(answer.Proto)
				case answer.StatusCode == http.StatusNoContent:
					accepted.Add(1)
				case answer.StatusCode == 401 && bytes.Contains(body, []byte("replayed_request")):
					replayed.Add(1)
				default:
					t.Errorf("%d %s", answer.StatusCode, body)
				}
			}
			turns := make(chan struct{}, atOnce)
			var all sync.WaitGroup
			for i := range nonces {
				s := newPost("hello")
				if i%2 == 0 {
					s.hash = ""
				}
				turns <- struct{}{}
				all.Go(func() {
					var group sync.WaitGroup
					for range copies {
						group.Go(func() { send(s) })
					}
					group.Wait()
					<-turns
				})
			}
			all.Wait()
			require.EqualValues(t, nonces, accepted.Load())
			require.EqualValues(t, nonces*(copies-1), replayed.Load())
			require.EqualValues(t, nonces, u.upstream.Load())
			require.EqualValues(t, nonces, u.store.granted.Load())
		})
	}
}

// outgoing returns the signed request for a net/http client that connects to a server's address.
func (s signing) outgoing(serverURL string) (*http.Request, error) {
	lines := s.lines()
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
