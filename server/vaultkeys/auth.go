package vaultkeys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/hashicorp/vault/api/auth/approle"
	"github.com/hashicorp/vault/api/auth/kubernetes"
)

// Auth says how to log in to Vault: one of its fields. The zero value takes the token in the
// environment variable VAULT_TOKEN.
type Auth struct {
	// Token is a Vault token. It is renewed as long as Vault allows, and cannot be replaced: use
	// it where someone else sees to that.
	Token string
	// TokenFile is the path of a file that holds a token and nothing else, such as the sink of a
	// Vault agent. The file is read again when it changes.
	TokenFile string
	// AppRole logs in with a role id and a secret id.
	AppRole *AppRole
	// Kubernetes logs in with the token of the pod's service account.
	Kubernetes *Kubernetes
}

// AppRole is a login by role id and secret id. One of SecretID and SecretIDFile is required; a file
// is read at every login.
type AppRole struct {
	RoleID       string
	SecretID     string
	SecretIDFile string
	Mount        string // where the method is enabled, below auth/; "" means approle
}

// Kubernetes is a login by service account.
type Kubernetes struct {
	Role string // the role in Vault
	// TokenFile holds the service account's token, and is read at every login; "" means
	// /var/run/secrets/kubernetes.io/serviceaccount/token.
	TokenFile string
	Mount     string // where the method is enabled, below auth/; "" means kubernetes
}

// String tells the method alone, so that an Auth can be logged.
func (a Auth) String() string {
	switch {
	case a.AppRole != nil:
		return "AppRole"
	case a.Kubernetes != nil:
		return "Kubernetes"
	case a.TokenFile != "":
		return "token file " + a.TokenFile
	}
	return "token"
}

// GoString is String.
func (a Auth) GoString() string { return a.String() }

// MarshalText is String.
func (a Auth) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// String leaves the secret id out.
func (a AppRole) String() string { return "AppRole" }

// GoString is String.
func (a AppRole) GoString() string { return a.String() }

// MarshalText is String.
func (a AppRole) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// check fills in the token of the environment, and refuses what is missing or doubled.
func (a Auth) check(environment string) (Auth, error) {
	given := 0
	for _, is := range []bool{a.Token != "", a.TokenFile != "", a.AppRole != nil, a.Kubernetes != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return a, errors.New("vaultkeys: Options.Auth must say one way to log in: Token, TokenFile, AppRole or Kubernetes")
	case given == 0 && environment == "":
		return a, errors.New("vaultkeys: no way to log in to Vault: set keys.vault.auth (Options.Auth), or the environment variable VAULT_TOKEN")
	case given == 0:
		a.Token = environment
		return a.check("")
	case a.Token != "" && !plainToken(a.Token):
		return a, errors.New("vaultkeys: the Vault token holds a space, a line end, or another character that no token has")
	case a.AppRole != nil && a.AppRole.RoleID == "":
		return a, errors.New("vaultkeys: Options.Auth.AppRole.RoleID is empty: vault read auth/approle/role/<name>/role-id tells it")
	case a.AppRole != nil && (a.AppRole.SecretID == "") == (a.AppRole.SecretIDFile == ""):
		return a, errors.New("vaultkeys: Options.Auth.AppRole needs one of SecretID and SecretIDFile")
	case a.Kubernetes != nil && a.Kubernetes.Role == "":
		return a, errors.New("vaultkeys: Options.Auth.Kubernetes.Role is empty: name the role in Vault")
	}
	return a, nil
}

// login returns a token, with its lifetime, for the way that a says. client has no token.
func (a Auth) login(ctx context.Context, client *api.Client) (*api.Secret, error) {
	switch {
	case a.AppRole != nil:
		var options []approle.LoginOption
		if a.AppRole.Mount != "" {
			options = append(options, approle.WithMountPath(a.AppRole.Mount))
		}
		secretID := &approle.SecretID{FromString: a.AppRole.SecretID, FromFile: a.AppRole.SecretIDFile}
		method, err := approle.NewAppRoleAuth(a.AppRole.RoleID, secretID, options...)
		return loginBy(ctx, client, method, err)
	case a.Kubernetes != nil:
		var options []kubernetes.LoginOption
		if a.Kubernetes.Mount != "" {
			options = append(options, kubernetes.WithMountPath(a.Kubernetes.Mount))
		}
		if a.Kubernetes.TokenFile != "" {
			options = append(options, kubernetes.WithServiceAccountTokenPath(a.Kubernetes.TokenFile))
		}
		method, err := kubernetes.NewKubernetesAuth(a.Kubernetes.Role, options...)
		return loginBy(ctx, client, method, err)
	case a.TokenFile != "":
		token, err := readToken(a.TokenFile)
		if err != nil {
			return nil, err
		}
		return lookUp(ctx, client, token)
	}
	return lookUp(ctx, client, a.Token)
}

func loginBy(ctx context.Context, client *api.Client, method api.AuthMethod, err error) (*api.Secret, error) {
	if err != nil {
		return nil, err
	}
	client.ClearToken()
	// The method itself, and not client.Auth().Login, which would set the token.
	secret, err := method.Login(ctx, client)
	if err != nil {
		return nil, err
	}
	if secret == nil || secret.Auth == nil || secret.Auth.ClientToken == "" {
		return nil, errors.New("the answer to the login holds no token: is this a Vault?")
	}
	return secret, nil
}

func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if !plainToken(token) {
		return "", fmt.Errorf("%s holds no token: write one into it, and nothing else", path)
	}
	return token, nil
}

// plainToken reports whether text may be a token: printable ASCII without spaces.
func plainToken(text string) bool {
	return len(text) > 0 && len(text) <= 1<<16 && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
}

// lookUp asks Vault how long a token lives.
func lookUp(ctx context.Context, client *api.Client, token string) (*api.Secret, error) {
	client.SetToken(token)
	defer client.ClearToken()
	answer, err := client.Auth().Token().LookupSelfWithContext(ctx)
	if err != nil {
		return nil, err
	}
	ttl, err := answer.TokenTTL()
	if err != nil {
		return nil, err
	}
	renewable, err := answer.TokenIsRenewable()
	if err != nil {
		return nil, err
	}
	return &api.Secret{Auth: &api.SecretAuth{ClientToken: token, Renewable: renewable, LeaseDuration: int(ttl / time.Second)}}, nil
}
