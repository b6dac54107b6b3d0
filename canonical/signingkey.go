package canonical

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"sync"
)

// SigningKey makes signatures for one secret, dialect and scope. It is safe for concurrent use.
// The zero value makes random ones, so that nothing verifies against it.
type SigningKey struct {
	// states holds keyed HMACs, because keying one costs more than the MAC of a short string.
	states *sync.Pool
}

type macState struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

// deriveSigningKey is the chain of SPEC §4.5.
func deriveSigningKey(secret string, d Dialect, scope Scope) SigningKey {
	names := d.Names()
	key := sumOnce([]byte(names.KeyPrefix+secret), scope.Date)
	key = sumOnce(key, scope.Region)
	key = sumOnce(key, scope.Service)
	key = sumOnce(key, names.Terminator)
	return SigningKey{states: &sync.Pool{
		New: func() any { return &macState{mac: hmac.New(sha256.New, key)} },
	}}
}

func sumOnce(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// Sum returns HMAC-SHA256 of message, most often a string to sign.
func (k SigningKey) Sum(message []byte) [sha256.Size]byte {
	if k.states == nil {
		var sum [sha256.Size]byte
		_, _ = rand.Read(sum[:]) // never fails
		return sum
	}
	state := k.states.Get().(*macState)
	state.mac.Reset()
	state.mac.Write(message)
	state.mac.Sum(state.sum[:0])
	sum := state.sum
	k.states.Put(state)
	return sum
}

// String returns "[redacted]".
func (k SigningKey) String() string { return redacted }

// GoString returns "[redacted]".
func (k SigningKey) GoString() string { return redacted }
