// Package testvectors holds the published test vectors of Countersign and loads them.
//
// Most callers need [Load]: Load(FS) returns the corpus that is built into the package,
// Load(os.DirFS(dir)) one that lies on disk. README.md describes the format.
//
// The package uses the standard library alone and shares no code with the implementation that the
// vectors test.
package testvectors

import "embed"

// FS is the published corpus: verifier.json and the folders accept and refuse.
//
//go:embed verifier.json accept refuse
var FS embed.FS
