package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/internal/service/secretuse"
)

// adminTimeout bounds a question to a service's admin listener.
const adminTimeout = 5 * time.Second

// checkAdmin refuses what is no URL of a listener.
func checkAdmin(address string) error {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return usagef("--admin takes the URL of the service's admin listener, such as http://127.0.0.1:9443")
	}
	return nil
}

// askAdmin asks a running service when the older secrets of a key were last used.
func askAdmin(ctx context.Context, address, id string) (*secretuse.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/keys/"+url.PathEscape(id), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the service's admin listener: %w: --admin takes the address that its configuration gives as admin", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("the service's admin listener: %w", err)
	}
	var answer struct {
		secretuse.Answer
		Error string `json:"error"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.KeyID == "" && answer.Error == "" {
		return nil, fmt.Errorf("%s is no admin listener of countersign serve: it answered %s", address, resp.Status)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the service at %s: %s", address, answer.Error)
	}
	return &answer.Answer, nil
}

var errNotSeenYet = errors.New("the service sees other secrets of the key than are here: it has not read the last change yet, or, with Vault, has another overlap than --overlap says; ask again in a moment")

// addUses puts what a service told into a view. Both count the active secrets from the newest.
func (v *keyView) addUses(answer *secretuse.Answer) error {
	var active []*secretView
	for i := range v.Secrets {
		if v.Secrets[i].Active {
			active = append(active, &v.Secrets[i])
		}
	}
	if len(active) != len(answer.Secrets) {
		return errNotSeenYet
	}
	for i, told := range answer.Secrets {
		if !sameSecond(active[i].NotAfter, told.NotAfter) {
			return errNotSeenYet
		}
		active[i].LastUsed = told.LastUsed
	}
	v.WatchedSince = &answer.WatchedSince
	return nil
}

func sameSecond(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Second).Equal(b.Truncate(time.Second))
}
