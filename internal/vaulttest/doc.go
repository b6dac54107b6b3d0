// Package vaulttest starts a real Vault server for tests. [Shared] gives a server that all tests of
// a package share, [Start] one that a test may stop, seal and start again.
//
// The server is built once from internal/realvault, a module of its own, and kept in the user's
// cache directory. The first build compiles all of Vault and takes some ten minutes on two cores:
// make vault does it ahead of the tests, and says how far it is.
package vaulttest
