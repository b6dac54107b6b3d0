package vaultkeys_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/logbuffer"
	"github.com/countersign-dev/countersign/internal/vaulttest"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

var background = context.Background()

// fixture is a Vault with a prefix of the test's own.
type fixture struct {
	vault  *vaulttest.Server
	root   *api.Client
	prefix string
	log    *logbuffer.Buffer
	clock  *clock
}

// newFixture takes the server that all tests share.
func newFixture(t testing.TB) *fixture { return fixtureOn(t, vaulttest.Shared(t)) }

func fixtureOn(t testing.TB, vault *vaulttest.Server) *fixture {
	f := &fixture{vault: vault, root: vault.Root(t), prefix: "keys/" + strings.ToLower(rand.Text()), log: &logbuffer.Buffer{}, clock: &clock{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("the log:\n" + f.log.String())
		}
	})
	return f
}

// clock is the machine's, moved by offset.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// open opens a source that refreshes every 200 ms.
func (f *fixture) open(t testing.TB, changes ...func(*vaultkeys.Options)) *vaultkeys.Source {
	t.Helper()
	source, err := vaultkeys.Open(background, f.options(changes...))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, source.Close()) })
	return source
}

func (f *fixture) options(changes ...func(*vaultkeys.Options)) vaultkeys.Options {
	options := vaultkeys.Options{
		Address: f.vault.Address, CACert: f.vault.CACert, Auth: vaultkeys.Auth{Token: f.vault.RootToken}, Prefix: f.prefix,
		Refresh: 200 * time.Millisecond, Wait: 10 * time.Second, Timeout: 10 * time.Second, FilePoll: 20 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(f.log, nil)), Now: f.clock.Now,
	}
	for _, change := range changes {
		change(&options)
	}
	return options
}

// newSecret returns a fresh secret of environment live.
func newSecret() string {
	var random [32]byte
	_, _ = rand.Read(random[:])
	return canonical.FormatSecret("live", random)
}

// secretOf returns a secret that no other key has.
func (f *fixture) secretOf(id string) string {
	return canonical.FormatSecret("live", sha256.Sum256([]byte(f.prefix+"/"+id)))
}

// put writes a version of a key, with environment live unless the fields say otherwise.
func (f *fixture) put(t testing.TB, id, secret string, more ...map[string]any) (version int) {
	t.Helper()
	data := map[string]any{"secret": secret, "environment": "live"}
	for _, fields := range more {
		maps.Copy(data, fields)
	}
	return f.write(t, id, data)
}

func (f *fixture) write(t testing.TB, id string, data map[string]any) (version int) {
	t.Helper()
	written, err := f.root.KVv2("secret").Put(background, f.prefix+"/"+id, data)
	require.NoError(t, err)
	return written.VersionMetadata.Version
}

// versions calls delete, undelete or destroy for versions of a key.
func (f *fixture) versions(t testing.TB, action, id string, versions ...int) {
	t.Helper()
	_, err := f.root.Logical().Write("secret/"+action+"/"+f.prefix+"/"+id, map[string]any{"versions": versions})
	require.NoError(t, err)
}

func (f *fixture) deletePath(t testing.TB, id string) {
	t.Helper()
	require.NoError(t, f.root.KVv2("secret").DeleteMetadata(background, f.prefix+"/"+id))
}

// secrets returns the texts of a key's secrets that are active by the fixture's clock.
func (f *fixture) secrets(source server.KeySource, id string) []string {
	key, err := source.Key(background, id)
	if err != nil {
		return []string{err.Error()}
	}
	var texts []string
	for _, secret := range key.Secrets {
		if secret.NotAfter.IsZero() || !f.clock.Now().After(secret.NotAfter) {
			texts = append(texts, secret.Secret.Reveal())
		}
	}
	return texts
}

// requireSecrets waits for a key to have exactly these active secrets.
func (f *fixture) requireSecrets(t testing.TB, source server.KeySource, id string, secrets ...string) {
	t.Helper()
	var seen []string
	eventually(t, func() bool {
		seen = f.secrets(source, id)
		return strings.Join(seen, " ") == strings.Join(secrets, " ")
	}, func() string { return "expected " + strings.Join(secrets, " ") + ", not " + strings.Join(seen, " ") })
}

// requireUnknown waits for a key to be unknown.
func requireUnknown(t testing.TB, source server.KeySource, id string) {
	t.Helper()
	eventually(t, func() bool {
		key, err := source.Key(background, id)
		return key == nil && isUnknown(err)
	}, func() string { return id + " stays known" })
}

func requireKey(t testing.TB, source server.KeySource, id string) *server.Key {
	t.Helper()
	key, err := source.Key(background, id)
	require.NoError(t, err)
	return key
}

// eventually waits for a condition.
func eventually(t testing.TB, condition func() bool, otherwise func() string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise())
		}
	}
}
