package vaultkeys

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/hashicorp/vault/api"
)

const (
	// longestPause caps the pauses between logins that fail, or whose tokens do not last.
	longestPause = 30 * time.Second
	// goodAge is how old a token must have become for its login to count as a good one.
	goodAge = 2 * longestPause
	// rolesAge is from what age on a token that Vault knows, and still does not permit what was
	// asked, is replaced: its role may have been given another policy since.
	rolesAge = 10 * time.Minute
	// lookEvery bounds how often Vault is asked whether it still knows a token, for denials.
	lookEvery = 30 * time.Second
)

// session keeps a client logged in. It renews its token, and logs in anew when the token ends, is
// denied, or its file changes.
type session struct {
	client    *api.Client // with the token; for all but logins
	anonymous *api.Client // for logins
	auth      Auth
	logger    *slog.Logger
	now       func() time.Time
	filePoll  time.Duration

	attempts chan error    // the outcome of the first login; buffered
	fresh    chan struct{} // told after each login
	refused  chan uint64   // told the login whose token was denied

	looked time.Time // of run alone: when Vault was last asked whether it knows the token; zero: not yet

	mu    sync.Mutex
	state sessionState
}

// sessionState is how a session stands.
type sessionState struct {
	logins  uint64 // so far; the token in use is that of the last one
	since   time.Time
	expires time.Time // zero: never
	err     error     // why the last login failed; nil after one that did not
}

func newSession(ctx context.Context, o Options) (*session, error) {
	client, token, err := newClient(ctx, o)
	if err != nil {
		return nil, err
	}
	anonymous, _, err := newClient(ctx, o)
	if err != nil {
		return nil, err
	}
	auth, err := o.Auth.check(token)
	if err != nil {
		return nil, err
	}
	warnPlain(o.Logger, client.Address())
	return &session{
		client: client, anonymous: anonymous, auth: auth, logger: o.Logger, now: o.Now, filePoll: o.FilePoll,
		attempts: make(chan error, 1), fresh: make(chan struct{}, 1), refused: make(chan uint64, 1),
	}, nil
}

func (s *session) status() sessionState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// deny is told that Vault denied a request that was made after this many logins.
func (s *session) deny(logins uint64) {
	select {
	case s.refused <- logins:
	default: // it has been told already
	}
}

// run keeps the client logged in until ctx ends.
func (s *session) run(ctx context.Context, group *sync.WaitGroup) {
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond),
		backoff.WithMaxInterval(longestPause), backoff.WithMaxElapsedTime(0))
	for ctx.Err() == nil {
		secret, err := s.auth.login(ctx, s.anonymous)
		if err != nil {
			err = explain("logging in to Vault by "+s.auth.String(), err)
		}
		if ended(ctx, err) {
			return
		}
		began := time.Now()
		s.record(secret, err)
		if err == nil {
			s.keep(ctx, group, secret.Auth)
		}
		if time.Since(began) > goodAge {
			pauses.Reset()
		}
		s.pause(ctx, pauses.NextBackOff())
	}
}

// record takes down the outcome of a login, and puts a new token into use.
func (s *session) record(secret *api.Secret, err error) {
	s.mu.Lock()
	before := s.state
	if err != nil {
		s.state.err = err
	} else {
		s.client.SetToken(secret.Auth.ClientToken)
		s.state = sessionState{logins: before.logins + 1, since: s.now(), expires: s.expiry(secret.Auth.LeaseDuration)}
	}
	after := s.state
	s.mu.Unlock()
	switch {
	case err == nil:
		expires := "never"
		if !after.expires.IsZero() {
			expires = after.expires.Format(time.RFC3339)
		}
		s.logger.Info("logged in to Vault", slog.String("by", s.auth.String()), slog.String("token_expires_at", expires))
		signal(s.fresh)
	case before.err == nil || before.err.Error() != err.Error():
		s.logger.Error("no login to Vault: cached keys stay in force for a while", slog.Any("error", err))
	}
	select {
	case s.attempts <- err:
	default:
	}
}

func (s *session) expiry(seconds int) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return s.now().Add(time.Duration(seconds) * time.Second)
}

// keep renews the token in use, and returns when another is needed.
func (s *session) keep(ctx context.Context, group *sync.WaitGroup, auth *api.SecretAuth) {
	watcher, err := s.client.NewLifetimeWatcher(&api.LifetimeWatcherInput{Secret: &api.Secret{Auth: auth}})
	if err != nil { // only for a missing secret
		return
	}
	if auth.LeaseDuration > 0 {
		group.Go(watcher.Start)
		defer watcher.Stop()
	}
	s.looked = time.Time{}
	ticks, stop := s.poll()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case renewal := <-watcher.RenewCh():
			s.mu.Lock()
			s.state.expires = s.expiry(renewal.Secret.Auth.LeaseDuration)
			s.mu.Unlock()
		case err := <-watcher.DoneCh():
			s.logger.Info("the Vault token can be renewed no more: logging in again", slog.Any("error", err))
			return
		case logins := <-s.refused:
			if s.mustReplace(ctx, logins) {
				s.logger.Warn("Vault denies what the token asks for: logging in again")
				return
			}
		case <-ticks:
			if s.changed(auth.ClientToken) {
				s.logger.Info("the token file has changed: logging in again")
				return
			}
		}
	}
}

// mustReplace reports whether a new login may help against a denial.
func (s *session) mustReplace(ctx context.Context, logins uint64) bool {
	state := s.status()
	if logins != state.logins {
		return false // it was an earlier token
	}
	now := s.now()
	if now.Sub(state.since) > rolesAge {
		return true
	}
	if !s.looked.IsZero() && now.Sub(s.looked) < lookEvery {
		return false
	}
	s.looked = now
	_, err := s.client.Auth().Token().LookupSelfWithContext(ctx)
	return err != nil && denied(explain("", err))
}

// poll returns a channel that ticks when the token file is to be looked at, if there is one.
func (s *session) poll() (ticks <-chan time.Time, stop func()) {
	if s.auth.TokenFile == "" {
		return nil, func() {}
	}
	ticker := time.NewTicker(s.filePoll)
	return ticker.C, ticker.Stop
}

// changed reports whether the token file holds another token than this. One that is missing or
// empty for a moment, while it is being written, changes nothing.
func (s *session) changed(token string) bool {
	now, err := readToken(s.auth.TokenFile)
	return err == nil && now != token
}

// pause waits before the next login, or until the token file changes.
func (s *session) pause(ctx context.Context, pause time.Duration) {
	var token string
	if s.auth.TokenFile != "" {
		token, _ = readToken(s.auth.TokenFile)
	}
	ticks, stop := s.poll()
	defer stop()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-ticks:
			if s.changed(token) {
				return
			}
		}
	}
}

// signal makes a channel of one element ready.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// closeIdle closes the connections that nobody uses.
func (s *session) closeIdle() {
	for _, client := range []*api.Client{s.client, s.anonymous} {
		client.CloneConfig().HttpClient.CloseIdleConnections()
	}
}
