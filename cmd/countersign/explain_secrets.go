package main

import (
	"os"
	"strings"
)

// oldSecretsVariable holds older secrets of the key, with spaces between them. Explain
// alone reads it.
const oldSecretsVariable = "COUNTERSIGN_OLD_SECRETS"

// oldSecrets returns the older secrets that the environment or, if it is named, the file of settings
// holds.
func oldSecrets(envFile string) ([]string, error) {
	list := os.Getenv(oldSecretsVariable)
	if envFile != "" {
		text, err := os.ReadFile(envFile) // which has been read, and is small
		if err != nil {
			return nil, err
		}
		list = ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
			if value, found := strings.CutPrefix(line, oldSecretsVariable+"="); found {
				list = strings.Trim(value, `"'`)
			}
		}
	}
	return strings.Fields(list), nil
}
