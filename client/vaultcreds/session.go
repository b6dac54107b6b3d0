package vaultcreds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/vault/api"
)

// loginEvery bounds how often a token that Vault denies is replaced.
const loginEvery = 30 * time.Second

// session is a client that is kept logged in by those who ask, one at a time: a source asks often
// enough that a token need not be renewed between its questions.
type session struct {
	*api.Client
	auth Auth

	token   *api.SecretAuth // nil: not logged in
	renewAt time.Time       // zero: never
	last    time.Time       // when the last login began
}

// newSession returns a session that is not logged in yet.
func newSession(o Options) (*session, error) {
	config := api.DefaultConfig() // reads VAULT_ADDR and its like
	if config.Error != nil {
		return nil, fmt.Errorf("a VAULT_… environment variable is wrong: %w", config.Error)
	}
	if o.Address != "" {
		config.Address, config.AgentAddress = o.Address, ""
	}
	if o.CACert != "" {
		if err := config.ConfigureTLS(&api.TLSConfig{CACert: o.CACert}); err != nil {
			return nil, fmt.Errorf("Options.CACert: %w: name a PEM file", err)
		}
	}
	config.MaxRetries, config.Timeout = 0, o.Timeout
	client, err := api.NewClient(config)
	if err != nil {
		return nil, plain(err)
	}
	config.HttpClient.Transport = boundTransport{base: config.HttpClient.Transport} // the client goes on using it
	if o.Namespace != "" {
		client.SetNamespace(o.Namespace)
	}
	s := &session{Client: client}
	s.auth, err = o.Auth.check(client.Token())
	return s, err
}

// prepare sees to it that there is a token: it logs in, follows the token file, and renews at half
// of the token's life.
func (s *session) prepare(ctx context.Context) error {
	if s.token != nil && s.auth.TokenFile != "" {
		// A file that is missing or empty for a moment, while it is being written, changes nothing.
		if token, err := readLine(s.auth.TokenFile); err == nil && token != s.token.ClientToken {
			s.token = nil
		}
	}
	if s.token == nil {
		return s.login(ctx)
	}
	if s.renewAt.IsZero() || time.Now().Before(s.renewAt) {
		return nil
	}
	if s.token.Renewable {
		answer, err := s.Auth().Token().RenewSelfWithContext(ctx, 0)
		// One that is renewed for less than before has reached the end that its role sets.
		if err == nil && answer.Auth != nil && answer.Auth.LeaseDuration >= s.token.LeaseDuration/2 {
			s.use(answer.Auth)
			return nil
		}
	}
	if s.auth.AppRole != nil || s.auth.Kubernetes != nil {
		return s.login(ctx)
	}
	s.renewAt = time.Time{} // nothing but the token itself, which lasts for as long as it does
	return nil
}

func (s *session) login(ctx context.Context) error {
	s.last = time.Now()
	token, err := s.auth.login(ctx, s.Client)
	if err != nil {
		s.token = nil
		return fmt.Errorf("logging in to Vault by %v: %w", s.auth, plain(err))
	}
	s.use(token)
	return nil
}

func (s *session) use(token *api.SecretAuth) {
	s.token, s.renewAt = token, time.Time{}
	if token.LeaseDuration > 0 {
		s.renewAt = time.Now().Add(time.Duration(token.LeaseDuration) * time.Second / 2)
	}
}

// get reads a path, after another login where Vault denies the token. Its error is errDeleted where
// there is no such path or version any more.
func (s *session) get(ctx context.Context, path string, query map[string][]string) (*answer, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, path, query)
	if !denied(err) || time.Since(s.last) < loginEvery {
		return answer, err
	}
	if again := s.login(ctx); again != nil {
		return nil, again
	}
	return s.ask(ctx, path, query)
}

func (s *session) ask(ctx context.Context, path string, query map[string][]string) (*answer, error) {
	response, err := s.Logical().ReadRawWithDataWithContext(ctx, path, query)
	if response != nil {
		defer response.Body.Close()
	}
	answer, err := decode(response, err)
	return answer, plain(err)
}

func denied(err error) bool {
	var refused *api.ResponseError
	return errors.As(err, &refused) && refused.StatusCode == http.StatusForbidden
}

// close drops what the session keeps open.
func (s *session) close() { s.CloneConfig().HttpClient.CloseIdleConnections() }
