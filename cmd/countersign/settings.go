package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/client"
)

// settingsFlags say where a command that acts as a client has its key and target from. There is no
// flag for the secret: every user of the machine can read a command line (ps).
type settingsFlags struct {
	envFile string
	region  string
	service string
}

const settingsHelp = `Key and target come from the variables COUNTERSIGN_KEY_ID, COUNTERSIGN_SECRET,
COUNTERSIGN_REGION, COUNTERSIGN_SERVICE and COUNTERSIGN_URL, or from a file of such lines:
the saved output of 'countersign serve --dev'. No flag takes the secret, because anyone on
the machine can read a command line with ps.`

func (f *settingsFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.envFile, "env-file", "", "read the COUNTERSIGN_… settings from this `FILE`, not the environment")
	cmd.Flags().StringVar(&f.region, "region", "", "the verifier's `REGION` (default: COUNTERSIGN_REGION)")
	cmd.Flags().StringVar(&f.service, "service", "", "the verifier's `SERVICE` (default: COUNTERSIGN_SERVICE)")
}

// forSigning returns complete settings, apart from the URL.
func (f *settingsFlags) forSigning() (client.Settings, error) {
	read := client.FromEnv
	if f.envFile != "" {
		read = func() (client.Settings, error) { return client.FromFile(f.envFile) }
	}
	settings, err := read()
	if errors.Is(err, client.ErrNoCredentials) {
		if f.envFile != "" {
			return settings, usageError{err}
		}
		return settings, usagef("there is no key to sign with: set COUNTERSIGN_KEY_ID and COUNTERSIGN_SECRET, or give --env-file FILE")
	}
	if err != nil {
		return settings, err
	}
	f.override(&settings.Target)
	switch {
	case settings.Target.Region == "":
		return settings, usagef("the region is not known: set COUNTERSIGN_REGION, or give --region")
	case settings.Target.Service == "":
		return settings, usagef("the service is not known: set COUNTERSIGN_SERVICE, or give --service")
	}
	return settings, nil
}

func (f *settingsFlags) override(target *client.Target) {
	if f.region != "" {
		target.Region = f.region
	}
	if f.service != "" {
		target.Service = f.service
	}
}

// knownSettings are whatever is known of a key and its target; each part may be empty. The secret
// is its text as found, right or wrong.
type knownSettings struct {
	url, keyID, secret string
	target             client.Target
}

// asKnown returns what is known, which may be nothing.
func (f *settingsFlags) asKnown() (knownSettings, error) {
	known := knownSettings{
		url: os.Getenv("COUNTERSIGN_URL"), keyID: os.Getenv("COUNTERSIGN_KEY_ID"), secret: os.Getenv("COUNTERSIGN_SECRET"),
		target: client.Target{Region: os.Getenv("COUNTERSIGN_REGION"), Service: os.Getenv("COUNTERSIGN_SERVICE")},
	}
	if f.envFile != "" {
		settings, err := client.FromFile(f.envFile)
		if err != nil {
			return known, err
		}
		known = knownSettings{url: settings.URL, keyID: settings.Credentials.KeyID, secret: settings.Credentials.Secret.Reveal(), target: settings.Target}
	}
	f.override(&known.target)
	return known, nil
}
