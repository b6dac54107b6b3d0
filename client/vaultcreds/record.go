package vaultcreds

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/countersign-dev/countersign/client"
)

// record is what one version of a key's secret in Vault says, as far as a client needs it.
type record struct {
	version        int
	created        time.Time // by Vault's clock
	credentials    client.Credentials
	revokePrevious bool
}

// errDeleted: this version has been deleted or destroyed.
var errDeleted = errors.New("deleted")

// read reads a version of the key's record; 0 is the current one. A path that is not there, and a
// version that was deleted or destroyed, give an error that wraps errDeleted.
func (s *Source) read(ctx context.Context, version int) (*record, error) {
	ctx, stop := context.WithTimeout(ctx, s.options.Timeout)
	defer stop()
	path := s.options.Mount + "/data/" + s.options.Prefix + "/" + s.keyID
	var query map[string][]string
	if version > 0 {
		query = map[string][]string{"version": {strconv.Itoa(version)}}
	}
	answer, err := s.vault.get(ctx, path, query)
	switch {
	case denied(err):
		return nil, fmt.Errorf("vault refuses to read %s: give the token's policy the capability read on it: %w", path, err)
	case errors.Is(err, errDeleted):
		return nil, fmt.Errorf("%s in Vault is %w, or never was", path, errDeleted)
	case err != nil:
		return nil, fmt.Errorf("reading %s from Vault: %w", path, err)
	}
	return parseRecord(s.keyID, answer.Data.Data, answer.Data.Metadata)
}

// parseRecord reads the fields that concern a client. No error holds a field's value.
func parseRecord(keyID string, fields map[string]any, version metadata) (*record, error) {
	r := &record{version: version.Version}
	secret, _ := fields["secret"].(string)
	if secret == "" {
		return nil, fmt.Errorf("the record of key %s in Vault has no field secret, or not a string", keyID)
	}
	var err error
	if r.credentials, err = client.ParseCredentials(keyID, secret); err != nil {
		return nil, fmt.Errorf("the record of key %s in Vault: %w", keyID, err)
	}
	if r.created, err = time.Parse(time.RFC3339Nano, version.Created); err != nil {
		return nil, errors.New("vault's metadata has no created_time: is the mount a KV engine of version 2?")
	}
	if isTrue(fields["disabled"]) {
		return nil, fmt.Errorf("key %s is disabled: %w", keyID, client.ErrNoCredentials)
	}
	r.revokePrevious = isTrue(fields["revoke_previous"])
	return r, nil
}

// isTrue also reads the text that the vault command writes.
func isTrue(value any) bool { return value == true || value == "true" }
