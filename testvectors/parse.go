package testvectors

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

const timeLayout = "20060102T150405Z"

var (
	caseName = regexp.MustCompile(`^(accept|refuse)/(path|query|headers|syntax|scope|time|nonce|body|keys|presigned|dialect|limits)/[a-z0-9-]+\.txt$`)
	hex64    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	claim    = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128} [A-Za-z0-9._~-]{16,128}$`)
)

// parseCase reads the file called name.
func parseCase(name string, text []byte) (*Case, error) {
	if !caseName.MatchString(name) {
		return nil, errors.New("a case is accept/GROUP/NAME.txt or refuse/GROUP/NAME.txt, in a known group")
	}
	head, raw, found := bytes.Cut(text, []byte("\n\n"))
	if !found || len(raw) == 0 {
		return nil, errors.New("no request follows the fields and their empty line")
	}
	c := &Case{Name: name, Remote: "127.0.0.1", Raw: bytes.Clone(raw)}
	seen := map[string]bool{}
	for _, line := range strings.Split(string(head), "\n") {
		field, value, found := strings.Cut(line, ": ")
		if !found || value == "" || strings.TrimSpace(value) != value || strings.Contains(value, "\r") {
			return nil, fmt.Errorf("%q is not of the form name: value", line)
		}
		if seen[field] && field != "claimed" {
			return nil, fmt.Errorf("the field %s comes twice", field)
		}
		seen[field] = true
		if err := c.set(field, value); err != nil {
			return nil, err
		}
	}
	if err := c.complete(seen); err != nil {
		return nil, err
	}
	return c, nil
}

// set stores one field.
func (c *Case) set(field, value string) error {
	valid := true
	switch field {
	case "about":
		c.About = value
	case "time":
		now, err := time.Parse(timeLayout, value)
		valid = err == nil && now.Format(timeLayout) == value
		c.Time = now
	case "reason":
		valid = slices.Contains(reasons, value)
		c.Reason = value
	case "differs-from":
		valid = caseName.MatchString(value) && strings.HasPrefix(value, "accept/")
		c.DiffersFrom = value
	case "layer":
		valid = value == LayerParser || value == LayerHTTP2
		c.Layer = value
	case "remote":
		_, err := netip.ParseAddr(value)
		valid = err == nil
		c.Remote = value
	case "claimed":
		valid = claim.MatchString(value)
		keyID, nonce, _ := strings.Cut(value, " ")
		c.Claimed = append(c.Claimed, Claim{KeyID: keyID, Nonce: nonce})
	case "canonical-request-sha256":
		valid = hex64.MatchString(value)
		c.CanonicalRequestSHA256 = value
	case "signature":
		valid = hex64.MatchString(value)
		c.Signature = value
	case "form":
		valid = slices.Contains([]string{FormRule, FormPathAsSent, FormAsSent}, value)
		c.Form = value
	case "reusable":
		valid = value == "true"
		c.Reusable = valid
	default:
		return fmt.Errorf("there is no field %q", field)
	}
	if !valid {
		return fmt.Errorf("%q is no value of the field %s", value, field)
	}
	return nil
}

// complete checks that the case has the fields of its folder, and no others.
func (c *Case) complete(seen map[string]bool) error {
	required := []string{"about", "time", "form", "canonical-request-sha256", "signature"}
	forbidden := []string{"reason", "differs-from"}
	if strings.HasPrefix(c.Name, "refuse/") {
		required = []string{"about", "time", "reason", "differs-from"}
		forbidden = []string{"form", "canonical-request-sha256", "signature", "reusable"}
	}
	for _, field := range required {
		if !seen[field] {
			return fmt.Errorf("the field %s is missing", field)
		}
	}
	for _, field := range forbidden {
		if seen[field] {
			return fmt.Errorf("the field %s does not belong in this folder", field)
		}
	}
	if c.Accepted() && c.Layer == LayerParser {
		return errors.New("what a parser may refuse cannot be accepted")
	}
	if c.Accepted() && !bytes.Contains(c.Raw, []byte("Signature="+c.Signature)) {
		return errors.New("the request does not carry the signature that the field says")
	}
	return nil
}
