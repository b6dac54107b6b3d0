# What those who look after keys need, for keys at secret/data/countersign/keys/<key-id>. Whoever
# has it can read every secret: give short-lived tokens, to people and not to services.

path "secret/metadata/countersign/keys" {
  capabilities = ["list"]
}

# Versions and max_versions; delete removes a key with all its versions.
path "secret/metadata/countersign/keys/+" {
  capabilities = ["read", "create", "update", "delete"]
}

# Records. A new version is an update; patch changes single fields.
path "secret/data/countersign/keys/+" {
  capabilities = ["read", "create", "update", "patch"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}
