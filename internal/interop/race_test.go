//go:build race

package interop

// randomRequests is fewer with the race detector, which slows everything; without it the tests run
// as well.
const randomRequests = 300
