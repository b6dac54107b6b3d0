//go:build !race

package interop

// randomRequests is how many random requests each signer signs.
const randomRequests = 2000
