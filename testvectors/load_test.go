package testvectors_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/testvectors"
)

const (
	acceptName = "accept/path/plain.txt"
	refuseName = "refuse/path/odd.txt"
)

var (
	zeros  = strings.Repeat("0", 64)
	accept = "about: A.\ntime: 20260102T150405Z\nform: rule\ncanonical-request-sha256: " + zeros +
		"\nsignature: " + zeros + "\n\nGET / HTTP/1.1\r\nAuthorization: Signature=" + zeros + "\r\n\r\n"
	refuse = "about: R.\ntime: 20260102T150405Z\nreason: bad_path\ndiffers-from: " + acceptName +
		"\n\nGET / HTTP/1.1\r\n\r\n"
	settings = `{"version": 1, "region": "test", "service": "vectors", "max_body": 1, "max_unhashed_body": 1,
		"presign_max_expires": 1, "keys": [{"id": "k", "environment": "test", "dialects": ["cs4"], "secrets": [{"secret": "s"}]}]}`
)

// corpus is a minimal corpus with some files replaced; "" removes one.
func corpus(replaced map[string]string) fstest.MapFS {
	files := map[string]string{"verifier.json": settings, acceptName: accept, refuseName: refuse}
	maps.Copy(files, replaced)
	fsys := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fsys
}

func TestLoadReadsACase(t *testing.T) {
	set, err := testvectors.Load(corpus(map[string]string{
		refuseName: strings.Replace(refuse, "\n\n", "\nlayer: parser\nremote: 192.0.2.1\n"+
			"claimed: k 0123456789abcdef\nclaimed: l 0123456789abcdef\n\n", 1),
	}))
	require.NoError(t, err)
	assert.Equal(t, "vectors", set.Verifier.Service)
	require.Len(t, set.Cases, 2)
	accepted, refused := set.Cases[0], set.Cases[1]
	assert.True(t, accepted.Accepted())
	assert.Equal(t, acceptName, accepted.Name)
	assert.Equal(t, "127.0.0.1", accepted.Remote)
	assert.Equal(t, testvectors.FormRule, accepted.Form)
	assert.False(t, accepted.Reusable)
	assert.False(t, refused.Accepted())
	assert.Equal(t, "bad_path", refused.Reason)
	assert.Equal(t, acceptName, refused.DiffersFrom)
	assert.Equal(t, testvectors.LayerParser, refused.Layer)
	assert.Equal(t, "192.0.2.1", refused.Remote)
	assert.Equal(t, []testvectors.Claim{{"k", "0123456789abcdef"}, {"l", "0123456789abcdef"}}, refused.Claimed)
	assert.Equal(t, int64(1767366245), refused.Time.Unix())
	assert.Equal(t, "GET / HTTP/1.1\r\n\r\n", string(refused.Raw))
}

func TestLoadReadsWhatMayBeUsedAgain(t *testing.T) {
	set, err := testvectors.Load(corpus(map[string]string{
		acceptName: strings.Replace(accept, "\n\n", "\nreusable: true\n\n", 1),
		"verifier.json": strings.NewReplacer(`"keys"`, `"reusable_presigned": ["/a b"], "keys"`,
			`"id"`, `"signature_nonce": true, "id"`).Replace(settings),
	}))
	require.NoError(t, err)
	assert.True(t, set.Cases[0].Reusable)
	assert.Equal(t, []string{"/a b"}, set.Verifier.ReusablePresigned)
	assert.True(t, set.Verifier.Keys[0].SignatureNonce)
}

func TestLoadRefuses(t *testing.T) {
	edited := func(text, old, new string) string {
		require.Contains(t, text, old)
		return strings.Replace(text, old, new, 1)
	}
	for name, replaced := range map[string]map[string]string{
		"no verifier.json":           {"verifier.json": ""},
		"no accepted case":           {acceptName: ""},
		"no refused case":            {refuseName: ""},
		"unknown group":              {"refuse/paths/odd.txt": refuse},
		"no group":                   {"refuse/odd.txt": refuse},
		"a file that is no case":     {"refuse/path/odd.md": refuse},
		"upper-case name":            {"refuse/path/Odd.txt": refuse},
		"no request":                 {refuseName: edited(refuse, "\n\nGET / HTTP/1.1\r\n\r\n", "\n\n")},
		"no empty line":              {refuseName: edited(refuse, "\n\n", "\n")},
		"unknown field":              {refuseName: edited(refuse, "about: ", "title: ")},
		"field twice":                {refuseName: edited(refuse, "about: R.\n", "about: R.\nabout: S.\n")},
		"empty value":                {refuseName: edited(refuse, "about: R.", "about: ")},
		"no space after the colon":   {refuseName: edited(refuse, "about: R.", "about:R.")},
		"trailing space":             {refuseName: edited(refuse, "about: R.", "about: R. ")},
		"carriage return":            {refuseName: edited(refuse, "about: R.", "about: R.\r")},
		"impossible time":            {refuseName: edited(refuse, "20260102T", "20260230T")},
		"time missing":               {refuseName: edited(refuse, "time: 20260102T150405Z\n", "")},
		"reason outside the list":    {refuseName: edited(refuse, "bad_path", "bad_luck")},
		"reason missing":             {refuseName: edited(refuse, "reason: bad_path\n", "")},
		"differs-from missing":       {refuseName: edited(refuse, "differs-from: "+acceptName+"\n", "")},
		"differs from no case":       {refuseName: edited(refuse, "path/plain", "path/other")},
		"differs from a refused one": {refuseName: edited(refuse, acceptName, refuseName)},
		"unknown layer":              {refuseName: edited(refuse, "\n\n", "\nlayer: proxy\n\n")},
		"parser's layer in accept":   {acceptName: edited(accept, "\n\n", "\nlayer: parser\n\n")},
		"reusable in refuse":         {refuseName: edited(refuse, "\n\n", "\nreusable: true\n\n")},
		"reusable is not true":       {acceptName: edited(accept, "\n\n", "\nreusable: false\n\n")},
		"reusable path is none":      {"verifier.json": edited(settings, `"keys"`, `"reusable_presigned": ["v1"], "keys"`)},
		"remote is no address":       {refuseName: edited(refuse, "\n\n", "\nremote: localhost\n\n")},
		"claim without nonce":        {refuseName: edited(refuse, "\n\n", "\nclaimed: k\n\n")},
		"reason in accept":           {acceptName: edited(accept, "\n\n", "\nreason: bad_path\n\n")},
		"signature in refuse":        {refuseName: edited(refuse, "\n\n", "\nsignature: "+zeros+"\n\n")},
		"form missing":               {acceptName: edited(accept, "form: rule\n", "")},
		"unknown form":               {acceptName: edited(accept, "form: rule", "form: encoded")},
		"signature of another":       {acceptName: edited(accept, "signature: 0", "signature: 1")},
		"signature in upper case":    {acceptName: edited(accept, "signature: 0", "signature: A")},
		"unknown setting":            {"verifier.json": edited(settings, `"version"`, `"max": 1, "version"`)},
		"unknown version":            {"verifier.json": edited(settings, `"version": 1`, `"version": 2`)},
		"no region":                  {"verifier.json": edited(settings, `"region": "test", `, ``)},
		"no keys":                    {"verifier.json": edited(settings, `"keys": [`, `"keys": []}`)},
		"text after the settings":    {"verifier.json": settings + "{}"},
		"unknown dialect":            {"verifier.json": edited(settings, `["cs4"]`, `["cs5"]`)},
		"empty secret":               {"verifier.json": edited(settings, `"secret": "s"`, `"secret": ""`)},
		"key without secrets":        {"verifier.json": edited(settings, `[{"secret": "s"}]`, `[]`)},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := testvectors.Load(corpus(replaced))
			assert.Error(t, err)
			assert.Nil(t, set)
		})
	}
}
