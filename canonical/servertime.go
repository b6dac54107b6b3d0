package canonical

import (
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"
)

// ServerTimeHeader carries authenticated time on a refusal for time, in both dialects. SPEC §7.
const ServerTimeHeader = "X-Countersign-Server-Time"

// ServerTime is what a verifier tells a client whose request came out of time. Its MAC is made
// with the refused request's own signing key over that request's signature, so that only a client
// that holds the secret can use it, and for that request alone.
type ServerTime struct {
	Now      time.Time // the verifier's clock
	Earliest time.Time // the first timestamp that it would accept
	mac      string
}

// NewServerTime makes the authenticated time that answers a request with that signature. Earliest
// is rounded up to a whole second, now down.
func NewServerTime(key SigningKey, d Dialect, signature string, now, earliest time.Time) ServerTime {
	whole := earliest.UTC().Truncate(time.Second)
	if whole.Before(earliest) {
		whole = whole.Add(time.Second)
	}
	t := ServerTime{Now: now.UTC().Truncate(time.Second), Earliest: whole}
	t.mac = t.sum(key, d, signature)
	return t
}

func (t ServerTime) sum(key SigningKey, d Dialect, signature string) string {
	message := d.Names().Algorithm + "-TIME\n" + FormatDate(t.Now) + "\n" + FormatDate(t.Earliest) + "\n" + signature
	mac := key.Sum([]byte(message))
	return hex.EncodeToString(mac[:])
}

// String returns the header's value.
func (t ServerTime) String() string {
	return "t=" + FormatDate(t.Now) + ", earliest=" + FormatDate(t.Earliest) + ", mac=" + t.mac
}

// ParseServerTime reads the header's value. It proves nothing: see [ServerTime.Verify].
func ParseServerTime(value string) (ServerTime, error) {
	now, rest, ok1 := cutField(value, "t=")
	earliest, rest, ok2 := cutField(rest, "earliest=")
	mac, ok3 := strings.CutPrefix(rest, "mac=")
	if !ok1 || !ok2 || !ok3 || !validHash(mac) {
		return ServerTime{}, refuse(BadHeader, ServerTimeHeader+" must be t=<date>, earliest=<date>, mac=<64 hex digits>")
	}
	t := ServerTime{mac: mac}
	var err error
	if t.Now, err = ParseDate(now); err != nil {
		return ServerTime{}, err
	}
	if t.Earliest, err = ParseDate(earliest); err != nil {
		return ServerTime{}, err
	}
	return t, nil
}

// Verify reports whether t was made by a holder of the key for the request with that signature.
func (t ServerTime) Verify(key SigningKey, d Dialect, signature string) bool {
	return subtle.ConstantTimeCompare([]byte(t.mac), []byte(t.sum(key, d, signature))) == 1
}
