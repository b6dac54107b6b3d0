package canonical

import "cmp"

// Limits bound what a request may make its verifier work through. A field that is zero means the
// default beside it. SPEC §8.
type Limits struct {
	Target      int // bytes of the request-target: 16 KiB
	Headers     int // header lines: 100
	HeaderBytes int // bytes of header names and values together: 32 KiB
	Parameters  int // query parameters: 256
}

// Limits that the protocol fixes. SPEC §8.
const (
	maxSignedHeaders     = 64
	maxSignedName        = 128 // bytes
	maxConnectionOptions = 64
)

func (l Limits) withDefaults() Limits {
	return Limits{
		Target:      cmp.Or(l.Target, 16<<10),
		Headers:     cmp.Or(l.Headers, 100),
		HeaderBytes: cmp.Or(l.HeaderBytes, 32<<10),
		Parameters:  cmp.Or(l.Parameters, 256),
	}
}
