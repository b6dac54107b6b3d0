package vaultkeys_test

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

func TestMain(m *testing.M) {
	// Those that run in parallel wait for outages to pass; they hardly compute.
	flag.Parse()
	_ = flag.Set("test.parallel", "6")
	countersigntest.Main(m)
}

// Every command of the runbook, in order, on a real Vault with TLS and a real service.
func TestRunbook(t *testing.T) {
	if runtime.GOOS == "windows" {
		testneed.Skip(t, "the runbook is written for bash")
	}
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	text, err := os.ReadFile("RUNBOOK.md")
	require.NoError(t, err)
	vault := vaulttest.Start(t, vaulttest.TLS())
	directory := t.TempDir()
	for _, name := range []string{"policy.hcl", "keeper.hcl"} {
		policy, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), policy, 0o600))
	}
	// What differs from the runbook: addresses, and how long one waits.
	here := strings.NewReplacer(
		"https://vault.example:8200", vault.Address, "vault-ca.pem", vault.CACert,
		"127.0.0.1:8443", freeAddress(t), "127.0.0.1:9443", freeAddress(t), "refresh: 30s", "refresh: 1s",
		"countersign serve --config countersign.yaml", "countersign serve --config countersign.yaml > serve.log 2>&1 &",
		"curl --fail --silent http", "curl --fail --silent --retry 60 --retry-delay 1 --retry-connrefused http",
	)
	fences := regexp.MustCompile("(?s)\n```(sh|yaml)\n(.*?)\n```")
	var script strings.Builder
	script.WriteString("set -euo pipefail\nset -v\ntrap 'kill $(jobs -p) && wait' EXIT\nADMIN_TOKEN=$VAULT_TOKEN\n")
	blocks := 0
	for _, fence := range fences.FindAllStringSubmatch(here.Replace(string(text)), -1) {
		if fence[1] == "yaml" {
			require.NoError(t, os.WriteFile(filepath.Join(directory, "countersign.yaml"), []byte(fence[2]), 0o600))
			continue
		}
		script.WriteString(fence[2] + "\n")
		blocks++
	}
	require.Greater(t, blocks, 12)

	path := filepath.Join(directory, "runbook.sh")
	require.NoError(t, os.WriteFile(path, []byte(script.String()), 0o600))
	command := exec.Command("bash", path)
	command.Dir = directory
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(countersigntest.Program(t))+string(os.PathListSeparator)+os.Getenv("PATH"),
		"VAULT_ADDR="+vault.Address, "VAULT_CACERT="+vault.CACert, "VAULT_TOKEN="+vault.RootToken, "VAULT_NAMESPACE=")
	command.WaitDelay = 10 * time.Second
	timer := time.AfterFunc(3*time.Minute, func() { _ = command.Process.Kill() })
	defer timer.Stop()
	out, err := command.CombinedOutput()
	log, _ := os.ReadFile(filepath.Join(directory, "serve.log"))
	require.NoError(t, err, "%s\nthe service:\n%s", out, log)
	require.Contains(t, string(out), `"status":"ready"`)
	require.Contains(t, string(log), "logging in again", "the revoked token was not replaced")
	require.NotContains(t, string(log), "cs_live_")
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
