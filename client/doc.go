// Package client signs HTTP requests with a Countersign key. SPEC.md in the canonical package is
// the protocol.
//
// Most programs need [NewSigner] and [Signer.Transport] alone:
//
//	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: "live", Service: "orders"})
//	httpClient := &http.Client{Transport: signer.Transport(nil)}
//
// [Signer.Sign] is for those who send the request themselves, [Signer.Presign] makes a URL that
// carries its signature. A request that a verifier would refuse whatever its key is refused here,
// before it is sent, with a [canonical.Error] that names the same rule.
//
// Keys come from a [CredentialSource]: [Static] holds one, and the vaultcreds package follows one
// that lies in Vault.
package client
