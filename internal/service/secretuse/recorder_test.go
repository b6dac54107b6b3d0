package secretuse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// keys is a source whose keys a test changes.
type keys struct {
	mu    sync.Mutex
	known map[string]*server.Key
	err   error
}

func (k *keys) Key(_ context.Context, id string) (*server.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return nil, k.err
	}
	if key, ok := k.known[id]; ok {
		return key, nil
	}
	return nil, server.ErrUnknownKey
}

// hold gives a key these secrets, newest first, of which all but the newest end in a day.
func (k *keys) hold(id string, secrets ...string) {
	key := &server.Key{ID: id, Environment: "live"}
	for i, text := range secrets {
		secret := server.KeySecret{Secret: canonical.NewSecret("cs_live_" + text)}
		if i > 0 {
			secret.NotAfter = start.Add(24 * time.Hour)
		}
		key.Secrets = append(key.Secrets, secret)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known[id] = key
}

func newRecorder() (*Recorder, *keys) {
	source := &keys{known: make(map[string]*server.Key)}
	return New(source, func() time.Time { return start.Add(time.Hour) }), source
}

func proved(id string, index int, at time.Time) server.Decision {
	return server.Decision{KeyID: id, KeyProved: true, SecretIndex: index, Time: at}
}

func ask(t *testing.T, r *Recorder, id string) (int, Answer) {
	t.Helper()
	answer := httptest.NewRecorder()
	r.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/keys/"+id, nil))
	assert.NotContains(t, answer.Body.String(), "cs_live_")
	var got Answer
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &got))
	return answer.Code, got
}

// lastUsed are the answered last uses as minutes after start, "-" for none.
func lastUsed(t *testing.T, r *Recorder, id string) string {
	t.Helper()
	status, answer := ask(t, r, id)
	require.Equal(t, http.StatusOK, status)
	var all []string
	for _, secret := range answer.Secrets {
		if secret.LastUsed == nil {
			all = append(all, fmt.Sprintf("%d:-", secret.Index))
		} else {
			all = append(all, fmt.Sprintf("%d:%v", secret.Index, secret.LastUsed.Sub(start)))
		}
	}
	return strings.Join(all, " ")
}

func TestUseFollowsTheSecretThroughRotations(t *testing.T) {
	r, source := newRecorder()
	source.hold("a", "1")
	r.Observe(t.Context(), proved("a", 0, start))
	assert.Equal(t, "0:-", lastUsed(t, r, "a"))
	source.hold("a", "2", "1")
	assert.Equal(t, "0:- 1:-", lastUsed(t, r, "a"))
	r.Observe(t.Context(), proved("a", 1, start.Add(time.Minute)))
	r.Observe(t.Context(), proved("a", 0, start.Add(2*time.Minute)))
	r.Observe(t.Context(), proved("a", 1, start)) // told late
	assert.Equal(t, "0:- 1:1m0s", lastUsed(t, r, "a"))
	source.hold("a", "3", "2", "1")
	assert.Equal(t, "0:- 1:- 2:1m0s", lastUsed(t, r, "a"))
	r.Observe(t.Context(), proved("a", 1, start.Add(3*time.Minute)))
	assert.Equal(t, "0:- 1:3m0s 2:1m0s", lastUsed(t, r, "a"))
	source.hold("a", "4")
	assert.Equal(t, "0:-", lastUsed(t, r, "a"))
}

func TestOnlyProvedKeysCount(t *testing.T) {
	r, source := newRecorder()
	source.hold("a", "2", "1")
	d := proved("a", 1, start)
	d.KeyProved = false
	r.Observe(t.Context(), d)
	r.Observe(t.Context(), proved("b", 1, start))
	r.Observe(t.Context(), proved("a", 2, start)) // revoked meanwhile
	assert.Equal(t, "0:- 1:-", lastUsed(t, r, "a"))
	assert.Empty(t, r.recent)
}

func TestMemoryIsBounded(t *testing.T) {
	r, source := newRecorder()
	r.limit = 10
	source.hold("old", "2", "1")
	source.hold("used", "2", "1")
	r.Observe(t.Context(), proved("old", 1, start))
	for i := range 100 {
		id := fmt.Sprint("k", i)
		source.hold(id, "2", "1")
		r.Observe(t.Context(), proved(id, 1, start))
		r.Observe(t.Context(), proved("used", 1, start.Add(time.Minute)))
		require.LessOrEqual(t, len(r.recent)+len(r.earlier), 10)
	}
	assert.Equal(t, "0:- 1:1m0s", lastUsed(t, r, "used"))
	assert.Equal(t, "0:- 1:-", lastUsed(t, r, "old"), "forgotten")
	for i := range 100 {
		source.hold("used", fmt.Sprint(i+1), fmt.Sprint(i))
		r.Observe(t.Context(), proved("used", 1, start))
		require.LessOrEqual(t, len(*r.recent["used"]), server.MaxActiveSecrets)
	}
}

func TestAnswerTellsWhatTheVerifierKnows(t *testing.T) {
	r, source := newRecorder()
	source.hold("a", "2", "1")
	source.known["a"].Secrets[1].NotAfter = start // over
	status, answer := ask(t, r, "a")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, Answer{KeyID: "a", WatchedSince: start.Add(time.Hour), Secrets: []Secret{{Index: 0}}}, answer)
	for _, id := range []string{"b", "%2e%2e", "a%2fb", strings.Repeat("a", 200)} {
		status, _ = ask(t, r, id)
		assert.Equal(t, http.StatusNotFound, status, id)
	}
	source.err = errors.New("vault is away")
	status, _ = ask(t, r, "a")
	assert.Equal(t, http.StatusServiceUnavailable, status)
}

func TestConcurrentUse(t *testing.T) {
	r, source := newRecorder()
	r.limit = 4
	var group sync.WaitGroup
	for i := range 8 {
		id := fmt.Sprint("k", i)
		source.hold(id, "2", "1")
		group.Go(func() {
			for range 200 {
				r.Observe(context.Background(), proved(id, 1, start))
				r.last(id, canonical.NewSecret("cs_live_1"))
			}
		})
	}
	group.Wait()
}
