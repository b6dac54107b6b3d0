package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/countersign-dev/countersign/canonical"
)

// findKey is step 3. A key that may not sign this request is no refusal yet: it goes on without
// secrets of its own, through the same work as any wrong signature, and fails like one.
func (s *verification) findKey(ctx context.Context) *Rejection {
	key, err := s.v.keys.Key(ctx, s.request.KeyID)
	switch {
	case errors.Is(err, ErrUnknownKey):
		s.keyRefusal = canonical.UnknownKey
	case err != nil:
		return rejectFor(canonical.KeysUnavailable, err)
	case key == nil || key.ID != s.request.KeyID:
		return reject(canonical.KeysUnavailable, "the key source answered with another key")
	case key.Disabled:
		s.keyRefusal = canonical.KeyDisabled
	case !key.ExpiresAt.IsZero() && !s.now.Before(key.ExpiresAt):
		s.keyRefusal = canonical.KeyExpired
	case key.Environment != s.v.policy.Region:
		s.keyRefusal = canonical.KeyEnvironment
	case !key.allows(s.request.Dialect):
		s.keyRefusal = canonical.KeyDialect
	default:
		s.key = key
	}
	return nil
}

// findKeyAgain looks the key up once more where the body took its time: what was revoked meanwhile
// is revoked. SPEC §10, step 7.
func (s *verification) findKeyAgain(ctx context.Context) *Rejection {
	if !s.bodyRead {
		return nil
	}
	before := s.key
	s.now = s.v.policy.Now()
	s.key = nil
	if rejection := s.findKey(ctx); rejection != nil {
		return rejection
	}
	if s.key == nil {
		return reject(s.keyRefusal, "the key was changed while the body was read")
	}
	if s.key == before {
		return nil
	}
	secret := before.Secrets[s.decision.SecretIndex].Secret
	index := slices.IndexFunc(s.key.Secrets, func(held KeySecret) bool {
		return held.active(s.now) && held.Secret.Equal(secret)
	})
	if index < 0 {
		return reject(canonical.SignatureMismatch, "the secret was revoked while the body was read")
	}
	s.decision.SecretIndex = index
	return nil
}

// authorize is step 8: what the proved key may do with this request.
func (s *verification) authorize(context.Context) *Rejection {
	if s.request.SignatureNonce && !s.key.SignatureNonce {
		name := s.request.Dialect.Names().Nonce
		return &Rejection{
			Reason: canonical.MissingHeader, public: true, // whoever reads it has proved the key
			Detail: "the request has no " + name + ": add one, fresh for every request, and sign it",
		}
	}
	if rejection := s.checkRoute(); rejection != nil {
		return rejection
	}
	if !allowsSource(s.key.Sources, s.req.RemoteAddr) {
		return reject(canonical.SourceNotAllowed, "the key may not be used from this address")
	}
	if s.request.PayloadHash == canonical.HashUnsignedPayload && !s.key.UnsignedPayload {
		return reject(canonical.UnsignedPayload, "the key may not send unsigned payloads")
	}
	if s.key.SignContent && s.request.Dialect != canonical.CS4 {
		for _, name := range [...]string{"Content-Type", "Content-Encoding"} {
			if len(s.req.Header[name]) != 0 && !s.request.Signs(name) {
				return reject(canonical.UnsignedHeader, name+" must be signed with this key")
			}
		}
	}
	return nil
}

// allowsSource reports whether the peer lies in one of the networks, or there are none. It looks
// at the connection alone: headers that speak of a client's address are anybody's word.
func allowsSource(sources []netip.Prefix, remoteAddr string) bool {
	if len(sources) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		host = remoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	peer = peer.Unmap().WithZone("")
	return slices.ContainsFunc(sources, func(source netip.Prefix) bool { return source.Contains(peer) })
}
