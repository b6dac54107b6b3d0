package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Vault says where in Vault key records lie. What it leaves out, the VAULT_… environment variables
// say, as they do for the vault command.
type Vault struct {
	Address   string     `yaml:"address"`
	Namespace string     `yaml:"namespace"`
	Mount     string     `yaml:"mount"`
	Prefix    string     `yaml:"prefix"`
	TLS       *VaultTLS  `yaml:"tls"`
	Auth      *VaultAuth `yaml:"auth"`
	Overlap   Duration   `yaml:"overlap"`
	Refresh   Duration   `yaml:"refresh"`
	MaxStale  Duration   `yaml:"max_stale"`
}

// VaultTLS names the file of the authority that vouches for Vault's certificate, in PEM.
type VaultTLS struct {
	CA string `yaml:"ca"`
}

// VaultAuth is one way to log in.
type VaultAuth struct {
	TokenFile  string           `yaml:"token_file"`
	AppRole    *VaultAppRole    `yaml:"approle"`
	Kubernetes *VaultKubernetes `yaml:"kubernetes"`
}

// VaultAppRole logs in with a role id, and a secret id that lies in a file.
type VaultAppRole struct {
	RoleID       string `yaml:"role_id"`
	SecretIDFile string `yaml:"secret_id_file"`
	Mount        string `yaml:"mount"`
}

// VaultKubernetes logs in with the token of the pod's service account.
type VaultKubernetes struct {
	Role      string `yaml:"role"`
	TokenFile string `yaml:"token_file"`
	Mount     string `yaml:"mount"`
}

// Duration is a span of time, written 30s, 10m or 24h; 0 where it is left out.
type Duration struct {
	text string
	D    time.Duration
}

// UnmarshalYAML keeps the text, so that check can name the field of a bad one.
func (d *Duration) UnmarshalYAML(text []byte) error {
	d.text = string(bytes.Trim(text, " \n\"'"))
	return nil
}

func (d *Duration) check(field string, least, most time.Duration) error {
	if d.text == "" {
		return nil
	}
	span, err := time.ParseDuration(d.text)
	if err != nil || span < least || span > most {
		return fmt.Errorf("%s is %q: a span of time is written 30s, 10m or 24h, and this one is at least %v and at most %v", field, d.text, least, most)
	}
	d.D = span
	return nil
}

func (v *Vault) check() error {
	if v.Address != "" {
		address, err := url.Parse(v.Address)
		if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || address.User != nil {
			return errors.New("keys.vault.address must be a URL without user and password, such as https://vault.example:8200")
		}
	}
	if v.TLS != nil && v.TLS.CA == "" {
		return errors.New("keys.vault.tls needs ca: name a PEM file, or leave tls out")
	}
	if err := v.Auth.check(); err != nil {
		return err
	}
	for _, duration := range []struct {
		field       string
		value       *Duration
		least, most time.Duration
	}{
		{"overlap", &v.Overlap, time.Minute, 365 * 24 * time.Hour},
		{"refresh", &v.Refresh, 100 * time.Millisecond, time.Hour},
		{"max_stale", &v.MaxStale, time.Second, 30 * 24 * time.Hour},
	} {
		if err := duration.value.check("keys.vault."+duration.field, duration.least, duration.most); err != nil {
			return err
		}
	}
	return nil
}

func (a *VaultAuth) check() error {
	if a == nil {
		return nil // the token of VAULT_TOKEN
	}
	var given []string
	for name, is := range map[string]bool{"token_file": a.TokenFile != "", "approle": a.AppRole != nil, "kubernetes": a.Kubernetes != nil} {
		if is {
			given = append(given, name)
		}
	}
	switch {
	case len(given) != 1:
		return fmt.Errorf("keys.vault.auth must say one way to log in, and says %d: set token_file, approle or kubernetes", len(given))
	case a.AppRole != nil && (a.AppRole.RoleID == "" || a.AppRole.SecretIDFile == ""):
		return errors.New("keys.vault.auth.approle needs role_id, and secret_id_file, the path of a file that holds the secret id")
	case a.Kubernetes != nil && a.Kubernetes.Role == "":
		return errors.New("keys.vault.auth.kubernetes needs role, the name of the role in Vault")
	}
	return nil
}

// paths are the files that the block names.
func (v *Vault) paths() (paths []*string) {
	if v.TLS != nil {
		paths = append(paths, &v.TLS.CA)
	}
	if v.Auth != nil {
		paths = append(paths, &v.Auth.TokenFile)
		if v.Auth.AppRole != nil {
			paths = append(paths, &v.Auth.AppRole.SecretIDFile)
		}
		if v.Auth.Kubernetes != nil {
			paths = append(paths, &v.Auth.Kubernetes.TokenFile)
		}
	}
	return paths
}
