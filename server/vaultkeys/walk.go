package vaultkeys

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// maxWalk bounds how many versions are read for one key. Secrets of versions farther back are not
// valid, whatever the overlap.
const maxWalk = 64

// Record is a key as the versions in Vault make it.
type Record struct {
	ID string
	// Version is the current one, and Fields what it holds.
	Version int
	Fields  Fields
	// Secrets are the valid ones, newest first: that of the current version, then those of earlier
	// versions whose overlap has not passed. At most [server.MaxActiveSecrets].
	Secrets []RecordSecret
	// EndsAt is when Vault will delete the current version, and the key is refused; zero: never.
	EndsAt time.Time
}

// RecordSecret is one secret of a record.
type RecordSecret struct {
	Secret canonical.Secret
	// Version is the oldest one looked at that holds the secret: the one that brought it, unless
	// that lies beyond the overlap. CreatedAt is that version's, by Vault's clock.
	Version   int
	CreatedAt time.Time
	// NotAfter is the last instant at which the secret is valid; zero: no end.
	NotAfter time.Time
}

// errChanged: the versions changed while they were being read.
var errChanged = errors.New("the key changed while it was being read")

// walk makes a record of versions at an instant.
//
// A version whose secret differs from the one after it is a rotation: the earlier secret stays
// valid for the overlap, counted from the creation of the version that brought the later secret, so
// that edits of other fields since do not lengthen or shorten it. The walk goes back through
// earlier secrets while they can be valid, and ends before the first version that is deleted,
// destroyed, malformed or of another environment, and after the first that says revoke_previous:
// whoever deletes a version means its secret, which others before it may hold as well.
type walk struct {
	id      string
	history history
	overlap time.Duration
	now     time.Time
	// full goes on to the version that brought the oldest of the valid secrets: for people, whom
	// its age interests. A verifier spares the reads.
	full bool
	// read returns what a version holds, or errGone.
	read func(ctx context.Context, v version) (map[string]any, error)
	// tell hears of an earlier version that is malformed.
	tell func(v version, err error)
}

// record returns errGone if the current version cannot be read: the key is revoked, whatever lies
// before. A *FieldError says what is malformed in the current version.
func (w *walk) record(ctx context.Context) (*Record, error) {
	current := w.history[0]
	if current.gone(w.now) {
		return nil, errGone
	}
	fields, err := w.fields(ctx, current)
	if err != nil {
		return nil, err
	}
	r := &Record{ID: w.id, Version: current.number, Fields: fields, EndsAt: current.deleted}
	r.add(fields.Secret, current, time.Time{})
	if fields.RevokePrevious {
		return r, nil
	}
	return r, w.back(ctx, r)
}

func (w *walk) fields(ctx context.Context, v version) (Fields, error) {
	data, err := w.payload(ctx, v)
	if err != nil {
		return Fields{}, err
	}
	return ParseFields(w.id, data)
}

func (w *walk) payload(ctx context.Context, v version) (map[string]any, error) {
	data, err := w.read(ctx, v)
	if errors.Is(err, errGone) && v.deleted.IsZero() {
		// The history said that it can be read.
		return nil, errChanged
	}
	// Where the history has a time of deletion, Vault's clock says that it has come, whatever ours does.
	return data, err
}

// back adds the secrets of earlier versions.
func (w *walk) back(ctx context.Context, r *Record) error {
	secret, first, held := r.Fields.Secret, w.history[0], 0 // what is walked through, and where it is in r
	limit := first.deleted                                  // no earlier secret outlives a version after it
	for i, v := range w.history[1:] {
		end := first.created.Add(w.overlap)
		over := w.now.After(end) || len(r.Secrets) == server.MaxActiveSecrets
		if over && !w.full || v.gone(w.now) || v.number != w.history[i].number-1 || i == maxWalk {
			return nil
		}
		data, err := w.payload(ctx, v)
		if errors.Is(err, errGone) {
			return nil
		}
		if err != nil {
			return err
		}
		earlierSecret, revokesPrevious, err := parsePrevious(data, r.Fields.Environment)
		if err != nil {
			w.tell(v, err)
			return nil
		}
		limit = earlier(limit, v.deleted)
		switch {
		case earlierSecret.Equal(secret):
			if first = v; held >= 0 {
				r.Secrets[held].Version, r.Secrets[held].CreatedAt = v.number, v.created
			}
		case over:
			return nil
		default:
			secret, first, held = earlierSecret, v, r.add(earlierSecret, v, earlier(end, limit))
		}
		if revokesPrevious {
			return nil
		}
	}
	return nil
}

// add puts a secret at the end, and returns where; one that is valid for longer already is not
// added again: -1.
func (r *Record) add(secret canonical.Secret, v version, notAfter time.Time) int {
	for _, held := range r.Secrets {
		if held.Secret.Equal(secret) {
			return -1
		}
	}
	r.Secrets = append(r.Secrets, RecordSecret{Secret: secret, Version: v.number, CreatedAt: v.created, NotAfter: notAfter})
	return len(r.Secrets) - 1
}

// key returns the record as a verifier reads it. previous, which may be nil, is the key before: if
// nothing changed it is returned itself, and a secret that it holds already keeps its value, and
// with it the memo of signing keys.
func (r *Record) key(previous *server.Key) *server.Key {
	f := r.Fields
	key := &server.Key{
		ID: r.ID, Environment: f.Environment, Scopes: f.Scopes, Dialects: f.Dialects,
		ExpiresAt: earlier(f.ExpiresAt, r.EndsAt), Disabled: f.Disabled, Sources: f.Sources, RateTier: f.RateTier,
		UnsignedPayload: f.UnsignedPayload, SignContent: f.SignContent, SignatureNonce: f.SignatureNonce,
	}
	for _, secret := range r.Secrets {
		held := server.KeySecret{Secret: secret.Secret, NotAfter: secret.NotAfter}
		if previous != nil {
			for _, known := range previous.Secrets {
				if known.Secret.Equal(held.Secret) {
					held.Secret = known.Secret
				}
			}
		}
		key.Secrets = append(key.Secrets, held)
	}
	if previous != nil && sameKey(key, previous) {
		return previous
	}
	return key
}

// sameKey compares two keys of one id, after those of their secrets that are equal were made the
// same value.
func sameKey(a, b *server.Key) bool {
	return a.Environment == b.Environment && slices.Equal(a.Scopes, b.Scopes) && slices.Equal(a.Dialects, b.Dialects) &&
		a.ExpiresAt.Equal(b.ExpiresAt) && a.Disabled == b.Disabled && slices.Equal(a.Sources, b.Sources) &&
		a.RateTier == b.RateTier && a.UnsignedPayload == b.UnsignedPayload && a.SignContent == b.SignContent &&
		a.SignatureNonce == b.SignatureNonce &&
		slices.EqualFunc(a.Secrets, b.Secrets, func(a, b server.KeySecret) bool {
			return a.Secret == b.Secret && a.NotAfter.Equal(b.NotAfter)
		})
}
