// Package config reads the file of countersign serve --config. It is strict: an unknown field, a
// wrong type or a missing value is an error that names the line or the field, and the fix.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/countersign-dev/countersign/canonical"
)

// Config is the file, version 1.
type Config struct {
	Version int    `yaml:"version"`
	Listen  string `yaml:"listen"`
	Admin   string `yaml:"admin"`
	TLS     *TLS   `yaml:"tls"`
	Region  string `yaml:"region"`
	Service string `yaml:"service"`
	Keys    Keys   `yaml:"keys"`
	Store   Store  `yaml:"store"`
	Policy  Policy `yaml:"policy"`
	Routes  Routes `yaml:"routes"`
	Log     Log    `yaml:"log"`

	// What stands behind the verifier: an upstream, questions of a proxy, both, or /whoami alone.
	Upstream    *Upstream    `yaml:"upstream"`
	ForwardAuth *ForwardAuth `yaml:"forward_auth"`
}

// TLS names the files of the listener's certificate chain and private key, in PEM.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Keys says where key records come from: one of the two.
type Keys struct {
	File  string `yaml:"file"`
	Vault *Vault `yaml:"vault"`
}

// Store says where used nonces are kept.
type Store struct {
	Badger *Badger `yaml:"badger"`
}

// Badger is the embedded store.
type Badger struct {
	Path       string `yaml:"path"`
	Durability string `yaml:"durability"`
	Initial    string `yaml:"initial"`
	Capacity   int    `yaml:"capacity"`
	MinFree    Bytes  `yaml:"min_free"`
}

// Policy is what the verifier is told beyond region and service.
type Policy struct {
	MaxBody       Bytes    `yaml:"max_body"`
	RequireSigned []string `yaml:"require_signed"`
}

// Bytes is a size, written 1MiB or 4096.
type Bytes struct {
	text string
	N    int64 // bytes
}

// UnmarshalYAML keeps the text, so that check can name the field of a bad one.
func (b *Bytes) UnmarshalYAML(text []byte) error {
	b.text = string(bytes.Trim(text, " \n\"'"))
	return nil
}

func (b *Bytes) check(field string) error {
	if b.text == "" {
		return nil
	}
	size, err := humanize.ParseBytes(b.text)
	if err != nil || size == 0 || size > 1<<40 {
		return fmt.Errorf("%s is %q: a size is written 1MiB, 64KiB or 4096", field, b.text)
	}
	b.N = int64(size)
	return nil
}

// maxFile is far more than any configuration needs, in bytes.
const maxFile = 1 << 20

// Load reads and checks a file. Relative paths in it are relative to the file's directory.
func Load(path string) (*Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: name the configuration with --config", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: name a configuration file with --config", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s is longer than 1 MiB: this is no configuration", path)
	}
	c, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

// Parse reads and checks the text of a configuration.
func Parse(text []byte) (*Config, error) {
	var c Config
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&c); err != nil {
		return nil, plain(err)
	}
	var more ast.Node
	if err := decoder.Decode(&more); err != io.EOF {
		return nil, errors.New("the file holds a second YAML document: keep one")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &c, nil
}

// plain turns the YAML library's errors, which quote the file, into one line that does not.
func plain(err error) error {
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		message := located.GetMessage()
		if strings.Contains(message, "cannot unmarshal map") && strings.HasSuffix(message, "of type string") {
			// The library takes a:b within braces for a mapping.
			message = "text is wanted here, and this reads as a mapping: put text that holds a colon in quotes"
		}
		return fmt.Errorf("line %d: %s", located.GetToken().Position.Line, message)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	return err
}

func (c *Config) check() error {
	switch {
	case c.Version != 1:
		return fmt.Errorf("version is %d: this program reads version: 1", c.Version)
	case c.Listen == "":
		return errors.New("listen is missing: set the address to serve on, such as 0.0.0.0:8443")
	case !canonical.ValidRegion(c.Region):
		return fmt.Errorf("region is %q: name the deployment environment with 1 to 64 of a-z 0-9 -, such as live", c.Region)
	case !canonical.ValidService(c.Service):
		return fmt.Errorf("service is %q: name the API with 1 to 64 of a-z 0-9 -, such as orders (not beginning with s3)", c.Service)
	case c.TLS != nil && (c.TLS.Certificate == "" || c.TLS.Key == ""):
		return errors.New("tls needs both certificate and key: name two PEM files, or leave tls out")
	case (c.Keys.File == "") == (c.Keys.Vault == nil):
		return errors.New("keys must name one place: set keys: {file: keys.yaml} (make one with 'countersign keys new'), or keys: {vault: {…}}")
	case c.Store.Badger == nil || c.Store.Badger.Path == "":
		return errors.New("store is missing: set store: {badger: {path: ./claims}}")
	}
	if err := c.Policy.MaxBody.check("policy.max_body"); err != nil {
		return err
	}
	if err := c.Routes.check(); err != nil {
		return err
	}
	if err := c.Log.check(); err != nil {
		return err
	}
	if err := c.checkGateway(); err != nil {
		return err
	}
	if c.Keys.Vault != nil {
		if err := c.Keys.Vault.check(); err != nil {
			return err
		}
	}
	return c.Store.Badger.check()
}

func (b *Badger) check() error {
	switch b.Durability {
	case "", "os", "fsync":
	default:
		return fmt.Errorf("store.badger.durability is %q: set os or fsync", b.Durability)
	}
	switch b.Initial {
	case "", "replacement", "new":
	default:
		return fmt.Errorf("store.badger.initial is %q: set replacement or new", b.Initial)
	}
	if b.Capacity < 0 {
		return errors.New("store.badger.capacity must not be negative")
	}
	return b.MinFree.check("store.badger.min_free")
}

// resolve makes relative paths relative to dir.
func (c *Config) resolve(dir string) {
	paths := []*string{&c.Keys.File, &c.Store.Badger.Path}
	if c.TLS != nil {
		paths = append(paths, &c.TLS.Certificate, &c.TLS.Key)
	}
	if c.Keys.Vault != nil {
		paths = append(paths, c.Keys.Vault.paths()...)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}
