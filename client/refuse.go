package client

import "github.com/countersign-dev/countersign/canonical"

// refuse is a refusal under the rule's own name, as the verifier would give it.
func refuse(reason canonical.Reason, detail string) error {
	return &canonical.Error{Reason: reason, Detail: detail}
}
