package vaultkeys

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// Connection reads keys from Vault for programs that look after them: each call asks Vault.
type Connection struct {
	options Options
	kv      *kv
	stop    context.CancelFunc
	close   func()
}

// Connect logs in to Vault once, and renews nothing: Close it soon. Of the options it uses those
// that say where Vault and the keys are, Auth, Overlap, Timeout and Now.
func Connect(ctx context.Context, options Options) (*Connection, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	bound, stop := context.WithCancel(context.WithoutCancel(ctx))
	session, err := newSession(bound, options)
	if err != nil {
		stop()
		return nil, err
	}
	secret, err := session.auth.login(ctx, session.anonymous)
	if err != nil {
		stop()
		return nil, fmt.Errorf("vaultkeys: %w", explain("logging in to Vault by "+session.auth.String(), err))
	}
	session.client.SetToken(secret.Auth.ClientToken)
	return &Connection{
		options: options, stop: stop, close: session.closeIdle,
		kv: &kv{client: session.client, mount: options.Mount, prefix: options.Prefix, timeout: options.Timeout},
	}, nil
}

// Client returns the logged-in client, for what Connection does not do: writing, above all.
func (c *Connection) Client() *api.Client { return c.kv.client }

// Mount returns the path of the KV engine, and Path that of a key in it.
func (c *Connection) Mount() string { return c.options.Mount }

// Path returns the path of a key in the mount, or an error if id is no key id.
func (c *Connection) Path(id string) (string, error) {
	if err := keyrules.CheckID(id); err != nil {
		return "", err
	}
	return c.options.Prefix + "/" + id, nil
}

// IDs lists the keys, sorted, those that are revoked by deleting their current version included.
func (c *Connection) IDs(ctx context.Context) ([]string, error) {
	names, err := c.kv.ids(ctx)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return keyrules.CheckID(name) != nil })
	slices.Sort(names)
	return names, nil
}

// Record reads a key, with the version that brought each of its valid secrets. The error wraps
// [server.ErrUnknownKey] if there is no such key, or its current version is deleted, and is or
// wraps a [*FieldError] if the record is malformed.
func (c *Connection) Record(ctx context.Context, id string) (*Record, error) {
	if err := keyrules.CheckID(id); err != nil {
		return nil, err
	}
	h, err := c.kv.history(ctx, id)
	if err == errGone {
		return nil, fmt.Errorf("%w: there is no such path in Vault", server.ErrUnknownKey)
	}
	if err != nil {
		return nil, err
	}
	w := walk{id: id, history: h, overlap: c.options.Overlap, now: c.options.Now(), full: true,
		read: func(ctx context.Context, v version) (map[string]any, error) { return c.kv.fields(ctx, id, v.number) },
		tell: func(version, error) {},
	}
	record, err := w.record(ctx)
	if err == errGone {
		if h[0].destroyed {
			return nil, fmt.Errorf("%w: its current version, %d, was destroyed", server.ErrUnknownKey, h[0].number)
		}
		return nil, fmt.Errorf("%w: its current version, %d, was deleted %s", server.ErrUnknownKey, h[0].number, h[0].deleted.Format(time.RFC3339))
	}
	return record, err
}

// Close ends what is under way.
func (c *Connection) Close() error {
	c.stop()
	c.close()
	return nil
}
