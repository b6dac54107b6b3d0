package vaultkeys

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hashicorp/vault/api"
)

// kv asks a KV v2 engine. Paths are made of a mount and prefix that were checked, and of ids that
// Vault itself listed and canonical.ValidKeyID accepts: nothing that a client sent gets into one.
type kv struct {
	client  *api.Client
	mount   string
	prefix  string
	timeout time.Duration // of each question
}

var (
	// errGone: the path is not there, or was deleted.
	errGone = errors.New("deleted")
	// errGarbage: the answer is none that a KV v2 engine gives.
	errGarbage = errors.New("the answer is not that of a KV engine, version 2: look at the address and the mount")
)

// ids lists what lies under the prefix, folders ("name/") included.
func (k *kv) ids(ctx context.Context) ([]string, error) {
	var answer struct {
		Data *struct {
			Keys []string `json:"keys"`
		} `json:"data"`
	}
	// Without keys Vault answers that there is no such path.
	err := k.get(ctx, "listing ", "metadata", "", url.Values{"list": {"true"}}, &answer)
	if errors.Is(err, errGone) {
		return nil, nil
	}
	if err == nil && (answer.Data == nil || answer.Data.Keys == nil) {
		err = errGarbage
	}
	if err != nil {
		return nil, err
	}
	return answer.Data.Keys, nil
}

// history returns the versions of a key, or errGone.
func (k *kv) history(ctx context.Context, id string) (history, error) {
	var answer struct {
		Data *struct {
			CurrentVersion *int                      `json:"current_version"`
			Versions       map[string]versionElement `json:"versions"`
		} `json:"data"`
	}
	if err := k.get(ctx, "reading the versions of ", "metadata", id, nil, &answer); err != nil {
		return nil, err
	}
	if answer.Data == nil || answer.Data.CurrentVersion == nil || answer.Data.Versions == nil {
		return nil, errGarbage
	}
	return newHistory(*answer.Data.CurrentVersion, answer.Data.Versions)
}

// fields returns what one version holds, or errGone if it was deleted or destroyed.
func (k *kv) fields(ctx context.Context, id string, version int) (map[string]any, error) {
	var answer struct {
		Data *struct {
			Data     map[string]any `json:"data"`
			Metadata struct {
				Version int `json:"version"`
			} `json:"metadata"`
		} `json:"data"`
	}
	query := url.Values{"version": {strconv.Itoa(version)}}
	if err := k.get(ctx, "reading ", "data", id, query, &answer); err != nil {
		return nil, err
	}
	if answer.Data == nil || answer.Data.Data == nil || answer.Data.Metadata.Version != version {
		return nil, errGarbage
	}
	return answer.Data.Data, nil
}

// get asks for a path of the engine and decodes the answer. "Not found" is errGone only in the
// words of an engine: a proxy's, or that of a Vault without this mount, is no reason to take keys
// for deleted.
func (k *kv) get(ctx context.Context, what, part, id string, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	path := k.mount + "/" + part + "/" + k.prefix
	if id != "" {
		path += "/" + id
	}
	response, err := k.client.Logical().ReadRawWithDataWithContext(ctx, path, query)
	if response != nil {
		defer response.Body.Close()
	}
	what += path
	var refused *api.ResponseError
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound && len(refused.Errors) == 0 {
		if tellsGone(response.Body) {
			return errGone
		}
		return &answerError{what: what, status: refused.StatusCode, text: errGarbage.Error()}
	}
	if err != nil {
		return explain(what, err)
	}
	if response.StatusCode != http.StatusOK {
		return &answerError{what: what, status: response.StatusCode, text: errGarbage.Error()}
	}
	// What decoding fails on is not told: an error of its could quote a secret.
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		if ctx.Err() != nil {
			return explain(what, ctx.Err())
		}
		return &answerError{what: what, text: errGarbage.Error()}
	}
	return nil
}

// tellsGone reports whether the body of a "not found" is one of an engine's two: an empty list of
// errors for a path that is not there, the metadata of a version that was deleted.
func tellsGone(body io.Reader) bool {
	var answer struct {
		Errors *[]string `json:"errors"`
		Data   *struct {
			Metadata map[string]any `json:"metadata"`
		} `json:"data"`
	}
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return false
	}
	return answer.Errors != nil && len(*answer.Errors) == 0 || answer.Errors == nil && answer.Data != nil && answer.Data.Metadata != nil
}
