package testvectors_test

import (
	"fmt"

	"github.com/countersign-dev/countersign/testvectors"
)

func ExampleLoad() {
	set, err := testvectors.Load(testvectors.FS)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range set.Cases {
		if c.Name != "refuse/nonce/too-short.txt" {
			continue
		}
		req, err := c.Request()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(req.Method, req.URL.Path, "to service", set.Verifier.Service)
		fmt.Println("must be refused:", c.Reason)
	}
	// Output:
	// GET /v1/orders to service vectors
	// must be refused: bad_nonce
}
