package client

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Settings are what a program needs to call an API: what `countersign serve --dev` prints.
type Settings struct {
	URL         string // of the API; may be empty. COUNTERSIGN_URL
	Credentials Credentials
	Target      Target // either part may be empty, and then must be set before use
}

const (
	variableURL     = "COUNTERSIGN_URL"
	variableKeyID   = "COUNTERSIGN_KEY_ID"
	variableSecret  = "COUNTERSIGN_SECRET"
	variableRegion  = "COUNTERSIGN_REGION"
	variableService = "COUNTERSIGN_SERVICE"
)

// FromEnv reads the environment variables COUNTERSIGN_KEY_ID and COUNTERSIGN_SECRET, without which
// the error wraps [ErrNoCredentials], and COUNTERSIGN_URL, COUNTERSIGN_REGION and
// COUNTERSIGN_SERVICE, which may be missing.
func FromEnv() (Settings, error) {
	settings, err := settingsFrom(os.Getenv)
	if err != nil {
		return Settings{}, fmt.Errorf("environment: %w", err)
	}
	return settings, nil
}

// maxSettingsFile bounds a file of settings, in bytes.
const maxSettingsFile = 1 << 20

// FromFile reads the variables of [FromEnv] from the COUNTERSIGN_NAME=value lines of a file, each
// optionally behind "export" and with its value in quotes. Other lines are skipped, so that the
// saved standard output of `countersign serve --dev` serves. A name that stands twice with different
// values is refused, as is a file above 1 MiB.
//
// The file's permissions are not looked at, because a shell's redirection makes files that others
// can read: a file with a secret that matters belongs to its user alone (chmod 600).
func FromFile(path string) (Settings, error) {
	file, err := os.Open(path)
	if err != nil {
		return Settings{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSettingsFile+1))
	if err != nil {
		return Settings{}, err
	}
	if len(content) > maxSettingsFile {
		return Settings{}, fmt.Errorf("%s: longer than %d bytes: it cannot be a file of COUNTERSIGN_… lines", path, maxSettingsFile)
	}
	variables, err := parseVariables(string(content))
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", path, err)
	}
	settings, err := settingsFrom(func(name string) string { return variables[name] })
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

// parseVariables collects the COUNTERSIGN_NAME=value lines of content.
func parseVariables(content string) (map[string]string, error) {
	variables := make(map[string]string)
	number := 0
	for line := range strings.Lines(content) {
		number++
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		name, value, found := strings.Cut(line, "=")
		if !found || !strings.HasPrefix(name, "COUNTERSIGN_") || strings.ContainsAny(name, " \t") {
			continue
		}
		value = unquote(value)
		if earlier, again := variables[name]; again && earlier != value {
			return nil, fmt.Errorf("line %d: %s stands here again with another value: keep one", number, name)
		}
		variables[name] = value
	}
	return variables, nil
}

// unquote takes one pair of quotes off; no value holds a quote of its own.
func unquote(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

func settingsFrom(variable func(name string) string) (Settings, error) {
	for _, name := range []string{variableKeyID, variableSecret} {
		if variable(name) == "" {
			return Settings{}, fmt.Errorf("%w: %s is not set", ErrNoCredentials, name)
		}
	}
	credentials, err := ParseCredentials(variable(variableKeyID), variable(variableSecret))
	if err != nil {
		return Settings{}, err
	}
	return Settings{
		URL:         variable(variableURL),
		Credentials: credentials,
		Target:      Target{Region: variable(variableRegion), Service: variable(variableService)},
	}, nil
}
