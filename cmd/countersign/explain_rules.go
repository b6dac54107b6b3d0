package main

import (
	"net/textproto"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/canonical"
)

// explainRules are the flags that say by what rules the verifier judges, where they are not the
// defaults.
type explainRules struct {
	encodedSlash   bool
	requireSigned  []string
	addedOnTheWay  []string
	maxExpires     time.Duration
	signatureNonce bool
}

func (r *explainRules) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&r.encodedSlash, "encoded-slash", false, "the verifier admits %2F and %5C in paths")
	flags.StringArrayVar(&r.requireSigned, "require-signed", nil, "the verifier's policy requires this header (`NAME`) to be signed; may be repeated")
	flags.StringArrayVar(&r.addedOnTheWay, "added-on-the-way", nil, "a hop adds this header (`NAME`), which needs no signature; may be repeated")
	flags.DurationVar(&r.maxExpires, "max-expires", 15*time.Minute, "the verifier's cap on the life of presigned URLs, a `DURATION`")
	flags.BoolVar(&r.signatureNonce, "signature-nonce", false, "the key may leave the nonce out (AWS4)")
}

// rules are those of package canonical.
func (r *explainRules) rules() (canonical.Rules, error) {
	rules := canonical.Rules{EncodedSlash: r.encodedSlash, SignatureNonce: r.signatureNonce, MaxExpires: int(r.maxExpires / time.Second)}
	if r.maxExpires < time.Second || r.maxExpires > 604800*time.Second || r.maxExpires%time.Second != 0 {
		return rules, usagef("--max-expires is %v: give whole seconds, 1 to 604800 of them, such as 15m", r.maxExpires)
	}
	var err error
	if rules.RequireSigned, err = headerNames("--require-signed", r.requireSigned); err != nil {
		return rules, err
	}
	rules.AddedOnTheWay, err = headerNames("--added-on-the-way", r.addedOnTheWay)
	return rules, err
}

// headerNames brings names into canonical form; nil of none.
func headerNames(flag string, names []string) (list []string, err error) {
	for _, name := range names {
		if !canonical.Signable(name) {
			return nil, usagef("%s %q: this is no header that can be signed", flag, name)
		}
		list = append(list, textproto.CanonicalMIMEHeaderKey(name))
	}
	return list, nil
}
