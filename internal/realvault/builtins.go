package main

import (
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
)

// builtins is the plugin catalogue that Vault's core asks: KV and AppRole, and no other.
type builtins struct{}

func (builtins) Contains(name string, kind consts.PluginType) bool {
	return name == "kv" && kind == consts.PluginTypeSecrets ||
		name == "approle" && kind == consts.PluginTypeCredential
}

func (b builtins) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	if !b.Contains(name, kind) {
		return nil, false
	}
	factory := logical.Factory(kv.Factory)
	if name == "approle" {
		factory = approle.Factory
	}
	return func() (any, error) { return factory, nil }, true
}

func (builtins) Keys(kind consts.PluginType) []string {
	switch kind {
	case consts.PluginTypeSecrets:
		return []string{"kv"}
	case consts.PluginTypeCredential:
		return []string{"approle"}
	}
	return nil
}

func (builtins) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (builtins) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
