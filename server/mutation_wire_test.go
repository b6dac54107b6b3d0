package server_test

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tally is what has come of changing requests.
type tally struct {
	requests int
	changes  int
	parsed   int            // changes that net/http's reader lets through
	accepted map[string]int // by kind of change; all of them canonically equal
}

func (t *tally) add(other tally) {
	t.requests += other.requests
	t.changes += other.changes
	t.parsed += other.parsed
	for name, count := range other.accepted {
		t.accepted[name] += count
	}
}

// changer changes requests and judges what is accepted.
type changer struct {
	verify   func(*http.Request) error
	from, to int        // which bytes are changed; all if to is 0
	random   *rand.Rand // where one change of each byte is enough
	tally    tally
}

// receive reads a request as a server does, and verifies it. It returns what the application sees.
func (c *changer) receive(raw []byte) (req *http.Request, accepted bool) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil || severalHosts(raw) {
		return nil, false
	}
	c.tally.parsed++
	req.RemoteAddr = "192.0.2.7:4711"
	return req, c.verify(req) == nil
}

// severalHosts reports whether a request has more than one Host line, which net/http's server
// refuses and http.ReadRequest alone does not.
func severalHosts(raw []byte) bool {
	head, _ := readHead(string(raw))
	return len(head.values("host")) > 1
}

// run changes one request. It returns an error for the first change that is accepted and is not
// canonically equal, on the wire or to the application.
func (c *changer) run(s signing) (err error) {
	raw := s.raw()
	original, ok := readHead(string(raw))
	if !ok {
		return fmt.Errorf("%q cannot be read", raw)
	}
	binding := original.binding()
	if req, accepted := c.receive(raw); !accepted {
		return fmt.Errorf("%q is refused unchanged", raw)
	} else if err := c.judge(s, binding, raw, req); err != nil {
		return fmt.Errorf("unchanged: %w", err)
	}
	c.tally.requests++
	try := func(change change) {
		if err != nil || bytes.Equal(change.mutated, raw) {
			return
		}
		c.tally.changes++
		req, accepted := c.receive(change.mutated)
		if !accepted {
			return
		}
		c.tally.accepted[change.name]++
		if err = c.judge(s, binding, change.mutated, req); err != nil {
			err = fmt.Errorf("%s: %q became %q: %w", change.name, near(raw, change.at), near(change.mutated, change.at), err)
		}
	}
	lineChanges(raw, try)
	byteChanges(raw, c.from, cmp.Or(c.to, len(raw)), c.random, try)
	return err
}

// judge compares an accepted request with the one that was signed.
func (c *changer) judge(s signing, binding string, raw []byte, req *http.Request) error {
	head, ok := readHead(string(raw))
	if !ok {
		return fmt.Errorf("what was accepted cannot be read: %q", raw)
	}
	if got := head.binding(); got != binding {
		return fmt.Errorf("not canonically equal: signed was\n%s, accepted is\n%s", binding, got)
	}
	if got := headSeen(req).binding(); got != binding {
		return fmt.Errorf("the application sees\n%s, signed was\n%s", got, binding)
	}
	if s.hash == "UNSIGNED-PAYLOAD" {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil || string(body) != s.body {
		return fmt.Errorf("the application reads the body %q, %v", body, err)
	}
	return nil
}

// newChanger returns one with a verifier of its own, behind lenient if that is not nil.
func newChanger(t *testing.T, lenient func(verify func(*http.Request) error, req *http.Request) error) *changer {
	store := &openStore{}
	u := newSetup(t, func(u *setup) {
		u.nonces, u.policy.Observe = store, nil
		u.key.UnsignedPayload = true
	})
	verify := func(req *http.Request) error {
		granted := store.granted
		_, err := u.Verify(req)
		if (err == nil) != (store.granted == granted+1) {
			t.Errorf("%d claims granted, error %v", store.granted-granted, err)
		}
		return err
	}
	c := &changer{verify: verify, tally: tally{accepted: map[string]int{}}}
	if lenient != nil {
		c.verify = func(req *http.Request) error { return lenient(verify, req) }
	}
	return c
}

// TestNoChangedRequestIsAccepted: make mutation runs its long form, every change of every byte of
// 1,000 requests; the short form makes one change of each byte of some of them.
func TestNoChangedRequestIsAccepted(t *testing.T) {
	requests, workers, seed, long := 100, 1, uint64(1), os.Getenv("COUNTERSIGN_LONG") != ""
	switch {
	case long:
		requests, workers, seed = 1_000, runtime.GOMAXPROCS(0), rand.Uint64()
	case raceEnabled: // it is slow, and races are not what this test looks for
		requests = 10
	}
	random := rand.New(rand.NewPCG(seed, 1))
	var drawn []signing
	kinds := map[string]int{}
	for range requests {
		s := drawSigning(random)
		drawn = append(drawn, s)
		kinds[fmt.Sprintf("aws4 %v, presigned %v, body %v", s.aws, s.expires != 0, s.body != "")]++
	}
	if !raceEnabled {
		require.Len(t, kinds, 8)
	}
	total := tally{accepted: map[string]int{}}
	results := make(chan tally, workers)
	for worker := range workers {
		go func() {
			c := newChanger(t, nil)
			if !long {
				c.random = random
			}
			for i := worker; i < len(drawn); i += workers {
				if err := c.run(drawn[i]); err != nil {
					t.Errorf("seed %d, request %d: %v", seed, i, err)
				}
			}
			results <- c.tally
		}()
	}
	for range workers {
		total.add(<-results)
	}
	accepted := 0
	for _, count := range total.accepted {
		accepted += count
	}
	require.NotZero(t, accepted, "not even spaces around a value may change: is this the right verifier?")
	require.Equal(t, requests, total.requests)
	t.Logf("seed %d: %v", seed, kinds)
	t.Logf("seed %d: %d requests, %d changed ones, %d past net/http, %d accepted, all canonically equal: %v",
		seed, total.requests, total.changes, total.parsed, accepted, total.accepted)
}

// TestALenientVerifierIsNoticed puts something before the verifier that mends what was changed, as many
// a parser does: the changes have to show it.
func TestALenientVerifierIsNoticed(t *testing.T) {
	s := newPost(`{"item":"tea"}`)
	s.target = "/v1/orders/%C3%A9?b=1&c=2"
	s.headers = append(s.headers, "X-Tenant: a b", "X-Role: 7")
	raw := s.raw()
	escapes := regexp.MustCompile(`%..`)
	for name, lenient := range map[string]struct {
		part string // of the request, in which bytes are changed
		mend func(req *http.Request)
	}{
		"the method's case": {"POST", func(req *http.Request) { req.Method = strings.ToUpper(req.Method) }},
		"a slash too many":  {"/v1/orders", func(req *http.Request) { req.RequestURI = strings.ReplaceAll(req.RequestURI, "//", "/") }},
		"the case of an escape": {"%C3%A9", func(req *http.Request) {
			req.RequestURI = escapes.ReplaceAllStringFunc(req.RequestURI, strings.ToUpper)
		}},
		"a mark of a fragment": {"c=2", func(req *http.Request) { req.RequestURI = strings.ReplaceAll(req.RequestURI, "#", "") }},
		"an empty pair":        {"b=1&c=2", func(req *http.Request) { req.RequestURI = strings.ReplaceAll(req.RequestURI, "&&", "&") }},
		"the host's case":      {"api.example", func(req *http.Request) { req.Host = strings.ToLower(req.Host) }},
		"tabs in a value": {"a b", func(req *http.Request) {
			req.Header.Set("X-Tenant", strings.ReplaceAll(req.Header.Get("X-Tenant"), "\t", " "))
		}},
		"a header that is gone":  {"Content-Type", func(req *http.Request) { req.Header.Set("Content-Type", "application/json") }},
		"a second value":         {"", func(req *http.Request) { req.Header.Set("X-Role", req.Header.Get("X-Role")) }},
		"an alias":               {"X-Role", func(req *http.Request) { delete(req.Header, "X_role") }},
		"a second Authorization": {"", func(req *http.Request) { req.Header.Set("Authorization", req.Header.Get("Authorization")) }},
		"the signature's case": {s.signature(), func(req *http.Request) {
			head, signature, _ := strings.Cut(req.Header.Get("Authorization"), "Signature=")
			req.Header.Set("Authorization", head+"Signature="+strings.ToLower(signature))
		}},
		"the body": {s.body, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChanger(t, func(verify func(*http.Request) error, req *http.Request) error {
				if lenient.mend != nil {
					lenient.mend(req)
					return verify(req)
				}
				received := req.Body
				req.Body, req.ContentLength = io.NopCloser(strings.NewReader(s.body)), int64(len(s.body))
				err := verify(req)
				req.Body = received
				return err
			})
			c.from = bytes.Index(raw, []byte(lenient.part))
			c.to = c.from + len(lenient.part)
			err := c.run(s)
			require.Error(t, err)
			t.Log(err)
		})
	}
}
