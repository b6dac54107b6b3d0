package main

import (
	"fmt"
	"slices"
	"strings"
)

// A vector is one case: a change to the plain request (accepted) or to the accepted case named by
// from (refused).
type vector struct {
	name   string // group/name
	about  string
	from   string
	reason string
	parser bool // marked as decided by the HTTP parser
	change func(*recipe)
}

func accept(name, about string, change func(*recipe)) vector {
	return vector{name: name, about: about, change: change}
}

func refuse(name, from, reason, about string, change func(*recipe)) vector {
	return vector{name: name, from: from, reason: reason, about: about, change: change}
}

// atParser marks a case that net/http refuses or changes before a handler sees it.
func atParser(v vector) vector {
	v.parser = true
	return v
}

func vectors() []vector {
	return slices.Concat(
		pathVectors(), queryVectors(), headerVectors(), syntaxVectors(), scopeVectors(), timeVectors(),
		nonceVectors(), bodyVectors(), keyVectors(), presignedVectors(), dialectVectors(), limitVectors(),
		http2Vectors(), signatureNonceVectors(), reusableVectors(),
	)
}

// corpus returns every published file by its path.
func corpus() (map[string][]byte, error) {
	settings, err := verifierSettings()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"verifier.json": settings}
	accepted := map[string]func(*recipe){}
	all := vectors()
	for _, v := range all {
		if v.from == "" {
			accepted[v.name] = v.change
		}
	}
	for _, v := range all {
		path, text, err := v.file(accepted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		if files[path] != nil {
			return nil, fmt.Errorf("%s: there are two cases of this name", path)
		}
		files[path] = text
	}
	return files, nil
}

func (v vector) file(accepted map[string]func(*recipe)) (path string, text []byte, err error) {
	if v.from == "" {
		r := newRecipe(v.name)
		v.change(r)
		if err := r.checkForm(); err != nil {
			return "", nil, err
		}
		return "accept/" + v.name + ".txt", v.format(r, r.sign()), nil
	}
	base, ok := accepted[v.from]
	if !ok {
		return "", nil, fmt.Errorf("%s is not an accepted case", v.from)
	}
	r := newRecipe(v.from)
	base(r)
	v.change(r)
	return "refuse/" + v.name + ".txt", v.format(r, r.sign()), nil
}

// checkForm refuses a form that this target does not tell from the rule's.
func (r *recipe) checkForm() error {
	path, query := r.canonicalTarget(r.target)
	rule := *r
	rule.form = formRule
	rulePath, ruleQuery := rule.canonicalTarget(r.target)
	if r.form != formRule && path == rulePath && query == ruleQuery {
		return fmt.Errorf("form %s is the same as the rule's for %s", r.form, r.target)
	}
	return nil
}

func (v vector) format(r *recipe, s signed) []byte {
	var text strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	field("about", v.about)
	field("time", r.clock)
	field("reason", v.reason)
	if v.from != "" {
		field("differs-from", "accept/"+v.from+".txt")
	}
	switch {
	case v.parser:
		field("layer", "parser")
	case r.http2:
		field("layer", "http2")
	}
	field("remote", r.remote)
	for _, claim := range r.claimed {
		field("claimed", claim)
	}
	if r.claimSignature {
		field("claimed", r.keyID+" "+s.signature)
	}
	if v.from == "" {
		if r.reusable {
			field("reusable", "true")
		}
		field("form", r.form)
		field("canonical-request-sha256", sha256Hex(s.canonicalRequest))
		field("signature", s.signature)
	}
	return append([]byte(text.String()+"\n"), s.wire.bytes()...)
}
