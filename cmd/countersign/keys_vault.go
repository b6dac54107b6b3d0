package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hashicorp/vault/api"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// keyVault is a keyStore on a KV v2 engine. A write takes effect only on the version that was read.
type keyVault struct {
	connection *vaultkeys.Connection
	notes      io.Writer // hears of keys that cannot be read
}

var _ keyStore = (*keyVault)(nil)

var errLostRace = errors.New("another change came in between, and nothing was written: look at the key, and run the command again")

func (v *keyVault) Close() error { return v.connection.Close() }

// List tells of keys that are malformed, and leaves them out.
func (v *keyVault) List(ctx context.Context) ([]foundKey, error) {
	ids, err := v.connection.IDs(ctx)
	if err != nil {
		return nil, hint(err)
	}
	var keys []foundKey
	for _, id := range ids {
		record, err := v.connection.Record(ctx, id)
		var malformed *vaultkeys.FieldError
		switch {
		case errors.Is(err, server.ErrUnknownKey):
			keys = append(keys, foundKey{Record: filekeys.Record{ID: id}, deleted: true})
		case errors.As(err, &malformed):
			fmt.Fprintf(v.notes, "%s is refused by verifiers, because its record is malformed: %v\n", id, malformed)
		case err != nil:
			return nil, hint(err)
		default:
			keys = append(keys, foundKey{Record: fromVault(record)})
		}
	}
	return keys, nil
}

// Find returns one key, and which versions hold its secrets.
func (v *keyVault) Find(ctx context.Context, id string) (*foundKey, error) {
	record, err := v.read(ctx, id)
	if err != nil {
		return nil, err
	}
	found := &foundKey{Record: fromVault(record), version: record.Version}
	for _, secret := range record.Secrets {
		found.versions = append(found.versions, secret.Version)
	}
	return found, nil
}

func (v *keyVault) read(ctx context.Context, id string) (*vaultkeys.Record, error) {
	record, err := v.connection.Record(ctx, id)
	var malformed *vaultkeys.FieldError
	switch {
	case errors.Is(err, server.ErrUnknownKey):
		return nil, fmt.Errorf("%w: 'countersign keys list --vault' shows those there are", err)
	case errors.As(err, &malformed):
		return nil, fmt.Errorf("the key's record is malformed: %w (put it right with 'vault kv patch')", malformed)
	}
	return record, hint(err)
}

func (v *keyVault) Add(ctx context.Context, record filekeys.Record) error {
	err := v.write(ctx, record.ID, vaultFields(&record), 0)
	if errors.Is(err, errLostRace) {
		return errors.New("there is a key of that id in Vault already, or was one: choose another --id, or remove it with 'countersign keys revoke --vault --remove'")
	}
	return err
}

func (v *keyVault) Update(ctx context.Context, id string, change func(*filekeys.Record) error) error {
	before, err := v.read(ctx, id)
	if err != nil {
		return err
	}
	record := fromVault(before)
	if err := change(&record); err != nil {
		return err
	}
	fields := vaultFields(&record)
	if fields.RevokePrevious, err = revokesPrevious(before, &record); err != nil {
		return err
	}
	return v.write(ctx, id, fields, before.Version)
}

// Remove deletes all versions of a key, also those of one whose current version is deleted.
func (v *keyVault) Remove(ctx context.Context, id string) error {
	path, err := v.connection.Path(id)
	if err != nil {
		return err
	}
	engine := v.connection.Client().KVv2(v.connection.Mount())
	switch _, err := engine.GetMetadata(ctx, path); {
	case errors.Is(err, api.ErrSecretNotFound):
		return errors.New("there is no key of that id: 'countersign keys list --vault' shows those there are")
	case err != nil:
		return hint(err)
	}
	return hint(engine.DeleteMetadata(ctx, path))
}

// write writes a version if the current one is the one given; 0 means that there must be none.
func (v *keyVault) write(ctx context.Context, id string, fields vaultkeys.Fields, current int) error {
	path, err := v.connection.Path(id)
	if err != nil {
		return err
	}
	_, err = v.connection.Client().KVv2(v.connection.Mount()).Put(ctx, path, fields.Data(), api.WithCheckAndSet(current))
	var refused *api.ResponseError
	switch {
	case errors.As(err, &refused) && refused.StatusCode == http.StatusBadRequest && strings.Contains(strings.Join(refused.Errors, " "), "check-and-set"):
		return errLostRace
	case errors.Is(err, api.ErrSecretNotFound): // it was taken, and answered with nothing, as other engines do
		return fmt.Errorf("%w; the secret lies there in plain text: remove it with 'vault delete %s/data/%s'", notKV(v.connection.Mount()), v.connection.Mount(), path)
	}
	return hint(err)
}
