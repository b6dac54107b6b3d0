package main

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// newKeyOptions are the flags of keys new.
type newKeyOptions struct {
	environment, id, expires, tier string
	scopes, dialects, sources      []string
	unsignedPayload, signContent   bool
	signatureNonce                 bool
	importSecret                   bool
}

func (k *keysCommand) newCommand() *cobra.Command {
	var options newKeyOptions
	cmd := &cobra.Command{
		Use:   "new --environment ENV [flags]",
		Short: "Make a key, and show its secret this one time",
		Long: `Make a key with a random id and secret, and put it into the key file, which is made if it does
not exist, or into Vault. The key goes to standard output as two lines that 'countersign sign'
and the Go client read:

  COUNTERSIGN_KEY_ID=ck_live_…
  COUNTERSIGN_SECRET=cs_live_…

The secret is never shown again; if it is lost, rotate the key.

The environment must equal the region of the verifiers that shall accept the key, so that a key
of the test environment is worth nothing in the live one.

To take over a key that clients hold already, name it with --id and give its secret, at least 32
bytes, on standard input with --import-secret-stdin.`,
		Example: `  (umask 077; countersign keys new --file keys.yaml --environment live --scope orders:read > client.env)
  countersign keys new --environment live --scope orders:read,orders:write --expires 90d --source 10.0.0.0/8
  countersign keys new --environment live --dialect aws4 --id AKIA… --import-secret-stdin < secret.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return k.create(cmd, &options) },
	}
	flags := cmd.Flags()
	flags.StringVar(&options.environment, "environment", "", "the `ENV`ironment: the region of the verifiers that accept the key (required)")
	flags.StringSliceVar(&options.scopes, "scope", nil, "a `SCOPE` that the key has, such as orders:read (repeat, or separate by commas)")
	flags.StringSliceVar(&options.dialects, "dialect", []string{"cs4"}, "the `DIALECT`s that it may sign in: cs4, aws4")
	flags.StringVar(&options.expires, "expires", "", "`WHEN` the key ends: 90d, or 2027-06-30T00:00:00Z (default never)")
	flags.StringSliceVar(&options.sources, "source", nil, "a network that it may be used from, in `CIDR` form (default any)")
	flags.StringVar(&options.tier, "tier", "", "the `TIER` of its rate limits (default the default tier)")
	flags.StringVar(&options.id, "id", "", "the key's `ID` (default a random one)")
	flags.BoolVar(&options.unsignedPayload, "unsigned-payload", false, "allow requests whose body is not signed")
	flags.BoolVar(&options.signatureNonce, "signature-nonce", false, "accept aws4 requests without a nonce, for signers that cannot add a header: their signature takes its place, and equal requests of one second count as one")
	flags.BoolVar(&options.signContent, "sign-content", false, "ask for Content-Type and Content-Encoding to be signed in aws4 too, as in cs4")
	flags.BoolVar(&options.importSecret, "import-secret-stdin", false, "read the secret from standard input, rather than make one")
	return cmd
}

func (k *keysCommand) create(cmd *cobra.Command, options *newKeyOptions) error {
	store, err := k.store(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	record, err := options.record(k, cmd.InOrStdin())
	if err != nil {
		return usageError{err}
	}
	if err := store.Add(cmd.Context(), record); err != nil {
		return err
	}
	notes := cmd.ErrOrStderr()
	if len(record.Scopes) == 0 {
		fmt.Fprintln(notes, "the key has no scopes: it may do only what needs none")
	}
	if record.Secrets[0].Imported() {
		fmt.Fprintln(notes, "the imported secret has no checksum, and nothing vouches for its randomness: rotate the key when its clients can follow")
	}
	if options.importSecret {
		// Whoever imported it has it; there is no need to put it on another screen.
		return printKey(cmd, record, false)
	}
	return printKey(cmd, record, true)
}

// record makes the record that the flags ask for.
func (o *newKeyOptions) record(k *keysCommand, input io.Reader) (filekeys.Record, error) {
	if o.environment == "" {
		return filekeys.Record{}, fmt.Errorf("name the environment: --environment live")
	}
	now := k.now()
	record, err := filekeys.NewRecord(o.environment, now)
	if err != nil {
		return filekeys.Record{}, err
	}
	record.Scopes, record.RateTier = o.scopes, o.tier
	record.UnsignedPayload, record.SignContent = o.unsignedPayload, o.signContent
	record.SignatureNonce = o.signatureNonce
	if o.id != "" {
		record.ID = o.id
	}
	record.Dialects = nil
	for _, name := range o.dialects {
		dialect, ok := canonical.ParseDialect(name)
		if !ok {
			return filekeys.Record{}, fmt.Errorf("unknown dialect %q: --dialect takes cs4 and aws4", name)
		}
		record.Dialects = append(record.Dialects, dialect)
	}
	for _, text := range o.sources {
		source, err := netip.ParsePrefix(text)
		if err != nil {
			return filekeys.Record{}, fmt.Errorf("%q is no network in CIDR form: --source takes 10.0.0.0/8 or 2001:db8::7/128", text)
		}
		record.Sources = append(record.Sources, source)
	}
	if o.expires != "" {
		if record.ExpiresAt, err = parseExpiry(o.expires, now); err != nil {
			return filekeys.Record{}, fmt.Errorf("--expires: %w", err)
		}
	}
	if o.importSecret {
		if record.Secrets[0].Secret, err = readSecret(input, o.environment); err != nil {
			return filekeys.Record{}, err
		}
	}
	return record, record.Check(now)
}

// readSecret reads a secret, and the line end that most tools put after it.
func readSecret(input io.Reader, environment string) (canonical.Secret, error) {
	text, err := io.ReadAll(io.LimitReader(input, 1<<16))
	if err != nil {
		return canonical.Secret{}, fmt.Errorf("reading the secret from standard input: %w", err)
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	return filekeys.ImportSecret(line, environment)
}

// printKey writes a key's lines, with its newest secret if that is to be shown.
func printKey(cmd *cobra.Command, record filekeys.Record, show bool) error {
	lines := "COUNTERSIGN_KEY_ID=" + record.ID + "\n"
	if show {
		lines += "COUNTERSIGN_SECRET=" + record.Secrets[0].Secret.Reveal() + "\n"
		fmt.Fprintln(cmd.ErrOrStderr(), "the secret is shown this one time: keep it where the client reads it, and nowhere else")
	}
	if _, err := io.WriteString(cmd.OutOrStdout(), lines); err != nil {
		return fmt.Errorf("the key %s is made, and could not be shown: %w; rotate it to get another secret", record.ID, err)
	}
	return nil
}
