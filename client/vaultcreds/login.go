package vaultcreds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/vault/api"
)

// Auth says how to log in to Vault: one of its fields. The zero value takes the token in the
// environment variable VAULT_TOKEN.
type Auth struct {
	// Token is a Vault token. It is renewed as long as Vault allows.
	Token string
	// TokenFile is the path of a file that holds a token and nothing else, such as the sink of a
	// Vault agent. It is read again before each question to Vault.
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

// String leaves the secret id out.
func (a AppRole) String() string { return "AppRole" }

// GoString is String.
func (a AppRole) GoString() string { return a.String() }

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
		return a, errors.New("Options.Auth must say one way to log in: Token, TokenFile, AppRole or Kubernetes")
	case given == 0 && environment == "":
		return a, errors.New("no way to log in to Vault: set Options.Auth, or the environment variable VAULT_TOKEN")
	case given == 0:
		a.Token = environment
	case a.AppRole != nil && (a.AppRole.RoleID == "" || (a.AppRole.SecretID == "") == (a.AppRole.SecretIDFile == "")):
		return a, errors.New("Options.Auth.AppRole needs RoleID, and one of SecretID and SecretIDFile")
	case a.Kubernetes != nil && a.Kubernetes.Role == "":
		return a, errors.New("Options.Auth.Kubernetes.Role is empty: name the role in Vault")
	}
	return a, nil
}

// login returns a token with its lifetime. client has no token yet, or an old one.
func (a Auth) login(ctx context.Context, client *api.Client) (*api.SecretAuth, error) {
	client.ClearToken()
	switch {
	case a.AppRole != nil:
		secretID, err := a.AppRole.SecretID, error(nil)
		if a.AppRole.SecretIDFile != "" {
			if secretID, err = readLine(a.AppRole.SecretIDFile); err != nil {
				return nil, err
			}
		}
		return loginAt(ctx, client, a.AppRole.Mount, "approle", map[string]any{"role_id": a.AppRole.RoleID, "secret_id": secretID})
	case a.Kubernetes != nil:
		path := a.Kubernetes.TokenFile
		if path == "" {
			path = "/var/run/secrets/kubernetes.io/serviceaccount/token"
		}
		jwt, err := readLine(path)
		if err != nil {
			return nil, err
		}
		return loginAt(ctx, client, a.Kubernetes.Mount, "kubernetes", map[string]any{"role": a.Kubernetes.Role, "jwt": jwt})
	}
	token := a.Token
	if a.TokenFile != "" {
		var err error
		if token, err = readLine(a.TokenFile); err != nil {
			return nil, err
		}
	}
	client.SetToken(token)
	answer, err := client.Auth().Token().LookupSelfWithContext(ctx)
	if err != nil {
		client.ClearToken()
		return nil, err
	}
	ttl, err := answer.TokenTTL()
	if err != nil {
		return nil, err
	}
	renewable, _ := answer.TokenIsRenewable()
	return &api.SecretAuth{ClientToken: token, Renewable: renewable, LeaseDuration: int(ttl / time.Second)}, nil
}

func loginAt(ctx context.Context, client *api.Client, mount, usual string, data map[string]any) (*api.SecretAuth, error) {
	if mount = strings.Trim(mount, "/"); mount == "" {
		mount = usual
	}
	answer, err := client.Logical().WriteWithContext(ctx, "auth/"+mount+"/login", data)
	if err != nil {
		return nil, err
	}
	if answer == nil || answer.Auth == nil || answer.Auth.ClientToken == "" {
		return nil, errors.New("the answer to the login holds no token: is this a Vault?")
	}
	client.SetToken(answer.Auth.ClientToken)
	return answer.Auth, nil
}

// readLine reads a file of one line.
func readLine(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line := strings.TrimSpace(string(text))
	if line == "" || len(line) > 1<<16 || strings.ContainsFunc(line, unicode.IsControl) {
		return "", fmt.Errorf("%s must hold one line of text, and is empty, too long or holds several", path)
	}
	return line, nil
}
