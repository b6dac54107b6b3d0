// Package vaultcreds signs with a key whose secret lies in Vault: [Open] reads it from a KV v2
// engine, and follows its rotations without a restart.
//
//	source, err := vaultcreds.Open(ctx, keyID, vaultcreds.Options{})
//	signer := client.NewSigner(source, client.Target{Region: "live", Service: "orders"})
//
// The record is the one that the vaultkeys package verifies with, at <mount>/data/<prefix>/<key id>;
// its current version holds the secret. A rotation is a version with another secret. Verifiers read
// Vault every now and then, as clients do: so the secret before stays in use until the new one has
// been there for long enough that every verifier has read it (Options.Settle). Where the secret
// before is refused, as after one that leaked, or where the new version says revoke_previous, the
// new one signs at once: a Source is a [client.Refresher].
//
// While Vault does not answer, the secret known last goes on signing. A key that was deleted or
// disabled in Vault stops signing, with an error that wraps [client.ErrNoCredentials].
package vaultcreds
