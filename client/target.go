package client

import (
	"errors"
	"fmt"

	"github.com/countersign-dev/countersign/canonical"
)

// Target says for which deployment and API requests are signed. A signature made for one is worth
// nothing at another. SPEC §3.4.
type Target struct {
	// Region names the deployment environment ("live", "test", "eu-1"): 1 to 64 of a-z 0-9 -. Keys
	// that Countersign made name it too, ck_<region>_…
	Region string
	// Service names the API ("orders"): 1 to 64 of a-z 0-9 -, and not beginning with s3.
	Service string
}

func (t Target) check() error {
	switch {
	case t.Region == "":
		return errors.New("client: Target.Region is empty: set it to the verifier's region (COUNTERSIGN_REGION)")
	case !canonical.ValidRegion(t.Region):
		return fmt.Errorf("client: Target.Region %q must be 1 to 64 of a-z 0-9 -", t.Region)
	case t.Service == "":
		return errors.New("client: Target.Service is empty: set it to the verifier's service (COUNTERSIGN_SERVICE)")
	case !canonical.ValidService(t.Service):
		return fmt.Errorf("client: Target.Service %q must be 1 to 64 of a-z 0-9 - and not begin with s3", t.Service)
	}
	return nil
}
